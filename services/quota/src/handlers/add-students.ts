import type { AddStudentsCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import { checkBucket } from '../roster.ts'
import { checkGroup } from '../settings.ts'
import type { Policies } from '../store/policies.ts'
import type { Students } from '../store/students.ts'
import { toStudent } from '../student.ts'

/** `quota.students.add` */
export function addStudents({
  students,
  policies,
  followUp,
}: {
  students: Students
  policies: Policies
  followUp: FollowUp
}): Handler<typeof AddStudentsCall> {
  return async ({ courseId, students: added }) => {
    for (const [index, { key, group }] of added.entries()) {
      checkBucket(key, courseId, `students[${index}].key`)
      if (group) checkGroup(group, `students[${index}].group`)
    }
    const rows = await students.add(courseId, added)
    await followUp(`new keys of ${courseId}`, () =>
      Promise.all(
        added.map(({ id: studentId, key: { hash } }) =>
          policies.putKey({ hash, state: 'owner', studentId, courseId }, null),
        ),
      ),
    )
    return { items: rows.map(toStudent) }
  }
}
