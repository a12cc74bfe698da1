import type { DropStudentCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import type { Policies } from '../store/policies.ts'
import type { ProviderKeys } from '../store/provider-keys.ts'
import type { Students } from '../store/students.ts'
import { toStudent } from '../student.ts'

/** `quota.students.drop`: the keys end at once; requests that run are still answered and charged. */
export function dropStudent({
  students,
  providerKeys,
  policies,
  followUp,
}: {
  students: Students
  providerKeys: ProviderKeys
  policies: Policies
  followUp: FollowUp
}): Handler<typeof DropStudentCall> {
  return async ({ studentId }) => {
    const { student, ended } = await students.drop(studentId)
    await followUp('keys of a dropped student', () => policies.endKeys(ended))
    await followUp('own keys of a dropped student', async () =>
      policies.putOwnKeys(await providerKeys.copyOf(studentId), null),
    )
    return toStudent(student)
  }
}
