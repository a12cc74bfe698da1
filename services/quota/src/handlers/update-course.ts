import type { UpdateCourseCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCourse, toPolicy } from '../course.ts'
import type { FollowUp } from '../follow-up.ts'
import type { Courses } from '../store/courses.ts'
import type { Policies } from '../store/policies.ts'
import type { RedisClock } from '../store/redis-clock.ts'
import type { SyncAccount } from '../sync.ts'

/** `quota.courses.update`: in force at once, for the running week too. A lowered allowance may leave less than nothing. */
export function updateCourse({
  courses,
  policies,
  sync,
  clock,
  followUp,
}: {
  courses: Courses
  policies: Policies
  sync: SyncAccount
  clock: RedisClock
  followUp: FollowUp
}): Handler<typeof UpdateCourseCall> {
  return async ({ courseId, patch, actor }) => {
    const { course, accounts } = await courses.update(courseId, patch, { actor, nowMs: clock.nowMs() })
    await followUp(`course ${courseId}`, () => policies.putCourse(toPolicy(course), null))
    await followUp(`allowances of ${courseId}`, async () => {
      // One after the other: many at once would take the connections of the requests that run meanwhile.
      for (const account of accounts) await sync(account)
    })
    return toCourse(course)
  }
}
