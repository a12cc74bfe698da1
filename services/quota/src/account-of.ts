import { LecternError } from '@lectern/shared/errors.ts'
import { isOutside, stretchAt } from '@lectern/shared/week.ts'
import type { Account } from './account.ts'
import { openStretchesOf } from './course.ts'
import type { Courses } from './store/courses.ts'
import type { RedisClock } from './store/redis-clock.ts'
import type { Students } from './store/students.ts'

/** The week of a course that is meant by its number; null: the running one. */
export type WeekOf = (courseId: string, week: number | null) => Promise<{ week: number; resetsAtMs: number }>

/** The account that staff mean by a student and a week; week null: the running one. */
export type AccountOf = (
  studentId: string,
  week: number | null,
) => Promise<{ account: Account; resetsAtMs: number }>

export function createWeekOf({ courses, clock }: { courses: Courses; clock: RedisClock }): WeekOf {
  return async (courseId, asked) => {
    const course = await courses.find(courseId)
    const stretches = openStretchesOf(course)
    const found =
      asked === null ? stretchAt(stretches, clock.nowMs()) : stretches.find(({ week }) => week === asked)
    if (found) return { week: found.week, resetsAtMs: found.endsAtMs }
    if (asked === null)
      throw new LecternError('course_closed', { message: 'No week of the course is running.' })
    const others = stretches.map(({ week }) => week).filter(isOutside)
    const outside = others.length > 0 ? `, and outside them ${others.join(', ')}` : ''
    const message = `week ${asked} is none of this course, which has the weeks 1 to ${course.weeks}${outside}.`
    throw new LecternError('invalid_request', { message, param: 'week' })
  }
}

export function createAccountOf({ students, weekOf }: { students: Students; weekOf: WeekOf }): AccountOf {
  return async (studentId, asked) => {
    const { courseId } = await students.find(studentId)
    const { week, resetsAtMs } = await weekOf(courseId, asked)
    return { account: { courseId, studentId, week }, resetsAtMs }
  }
}
