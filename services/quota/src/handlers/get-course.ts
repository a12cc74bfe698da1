import type { GetCourseCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCourse } from '../course.ts'
import type { Courses } from '../store/courses.ts'

/** `quota.courses.get` */
export function getCourse(courses: Courses): Handler<typeof GetCourseCall> {
  return async ({ courseId }) => toCourse(await courses.find(courseId))
}
