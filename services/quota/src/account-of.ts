import { LecternError } from '@lectern/shared/errors.ts'
import { weekAt, weekBoundariesMs } from '@lectern/shared/week.ts'
import type { Account } from './account.ts'
import { calendarOf } from './course.ts'
import type { Courses } from './store/courses.ts'
import type { RedisClock } from './store/redis-clock.ts'
import type { Students } from './store/students.ts'

/** The account that staff mean by a student and a week; week null: the running one. */
export type AccountOf = (
  studentId: string,
  week: number | null,
) => Promise<{ account: Account; resetsAtMs: number }>

export function createAccountOf({
  students,
  courses,
  clock,
}: {
  students: Students
  courses: Courses
  clock: RedisClock
}): AccountOf {
  return async (studentId, asked) => {
    const { courseId } = await students.find(studentId)
    const boundariesMs = weekBoundariesMs(calendarOf(await courses.find(courseId)))
    const week = asked ?? weekAt(boundariesMs, clock.nowMs())
    if (week === null)
      throw new LecternError('course_closed', { message: 'No week of the course is running.' })
    const resetsAtMs = boundariesMs[week]
    if (resetsAtMs === undefined) {
      const weeks = boundariesMs.length - 1
      throw new LecternError('invalid_request', { message: `The course has ${weeks} weeks.`, param: 'week' })
    }
    return { account: { courseId, studentId, week }, resetsAtMs }
  }
}
