import type { GetStudentCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Students } from '../store/students.ts'
import { toStudent } from '../student.ts'

/** `quota.students.get` */
export function getStudent(students: Students): Handler<typeof GetStudentCall> {
  return async ({ studentId }) => toStudent(await students.find(studentId))
}
