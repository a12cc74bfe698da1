import type { CreateCourseCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCourse } from '../course.ts'
import { checkSettings } from '../settings.ts'
import type { Courses } from '../store/courses.ts'

/** `quota.courses.create`: nothing is told to Redis before somebody uses it. */
export function createCourse(courses: Courses): Handler<typeof CreateCourseCall> {
  return async input => {
    checkSettings(input)
    return toCourse(await courses.create(input))
  }
}
