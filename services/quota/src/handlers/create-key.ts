import type { CreateKeyCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import type { ApiKeys } from '../store/api-keys.ts'
import type { Policies } from '../store/policies.ts'
import { toKey } from '../student.ts'

/** `quota.keys.create`: one more key of a student. */
export function createKey({
  keys,
  policies,
  followUp,
}: {
  keys: ApiKeys
  policies: Policies
  followUp: FollowUp
}): Handler<typeof CreateKeyCall> {
  return async ({ studentId, key }) => {
    const row = await keys.create(studentId, key)
    const { courseId } = row.student
    await followUp('a new key', () =>
      policies.putKey({ hash: key.hash, state: 'owner', studentId, courseId }, null),
    )
    return toKey(row)
  }
}
