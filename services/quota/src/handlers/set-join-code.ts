import type { SetJoinCodeCall } from '@lectern/shared/contracts/roster.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCourse } from '../course.ts'
import { newJoinCode } from '../join-code.ts'
import type { Courses } from '../store/courses.ts'

/** `quota.courses.join-code` */
export function setJoinCode(courses: Courses): Handler<typeof SetJoinCodeCall> {
  return async ({ courseId, on }) => toCourse(await courses.setJoinCode(courseId, on ? newJoinCode() : null))
}
