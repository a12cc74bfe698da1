import type { ListCoursesCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCursor, toPage } from '@lectern/shared/page.ts'
import { toCourse } from '../course.ts'
import { readIdCursor } from '../cursors.ts'
import type { Courses } from '../store/courses.ts'

/** `quota.courses.list`: by id, all or those that are named. */
export function listCourses(courses: Courses): Handler<typeof ListCoursesCall> {
  return async ({ limit, cursor, courseIds }) => {
    const rows = await courses.list(limit + 1, readIdCursor(cursor), courseIds)
    return toPage(rows.map(toCourse), limit, course => toCursor([course.id]))
  }
}
