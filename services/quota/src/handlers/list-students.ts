import type { ListStudentsCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCursor, toPage } from '@lectern/shared/page.ts'
import { readIdCursor } from '../cursors.ts'
import type { Courses } from '../store/courses.ts'
import type { Students } from '../store/students.ts'
import { toStudent } from '../student.ts'

/** `quota.students.list`: by id, the dropped ones too. */
export function listStudents(courses: Courses, students: Students): Handler<typeof ListStudentsCall> {
  return async ({ courseId, limit, cursor }) => {
    await courses.find(courseId)
    const rows = await students.list(courseId, limit + 1, readIdCursor(cursor))
    return toPage(rows.map(toStudent), limit, student => toCursor([student.id]))
  }
}
