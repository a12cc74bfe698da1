import type { CourseInput, CoursePatch } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { weekAt, weekBoundariesMs } from '@lectern/shared/week.ts'
import type { Course as CourseRow, Prisma } from '../../generated/client.ts'
import type { Account } from '../account.ts'
import { calendarOf, checkSettings, toCourse, toDate } from '../course.ts'
import { type Database, isTaken } from './database.ts'

/** Courses in Postgres. */
export interface Courses {
  create(input: CourseInput): Promise<CourseRow>
  find(courseId: string): Promise<CourseRow>
  /** By id, behind the one named. */
  list(limit: number, after?: string): Promise<CourseRow[]>
  changedSince(time: Date): Promise<CourseRow[]>
  /** Answers also the accounts whose granted tokens changed with it. */
  update(
    courseId: string,
    patch: CoursePatch,
    by: Change,
  ): Promise<{ course: CourseRow; accounts: Account[] }>
}

/** Who changes a course, and when it is. */
export interface Change {
  actor: string
  nowMs: number
}

const noSuchCourse = () => new LecternError('not_found', { message: 'There is no such course.' })

export function createCourses(database: Database): Courses {
  return {
    async create(input) {
      try {
        return await database.course.create({ data: { ...input, startsOn: toDate(input.startsOn) } })
      } catch (error) {
        if (!isTaken(error)) throw error
        throw new LecternError('conflict', { message: `The course ${input.id} exists already.`, param: 'id' })
      }
    },

    async find(courseId) {
      const course = await database.course.findUnique({ where: { id: courseId } })
      if (!course) throw noSuchCourse()
      return course
    },

    list(limit, after) {
      return database.course.findMany({
        where: after === undefined ? {} : { id: { gt: after } },
        orderBy: { id: 'asc' },
        take: limit,
      })
    },

    changedSince(time) {
      return database.course.findMany({ where: { updatedAt: { gte: time } } })
    },

    update(courseId, patch, by) {
      return database.$transaction(async work => {
        const [locked] = await work.$queryRaw<{ weekly_tokens: bigint }[]>`
          SELECT weekly_tokens FROM quota.courses WHERE id = ${courseId} FOR UPDATE`
        if (!locked) throw noSuchCourse()
        const before = await work.course.findUniqueOrThrow({ where: { id: courseId } })
        checkSettings({ ...toCourse(before), ...patch })
        const { startsOn, ...rest } = patch
        const data = {
          ...rest,
          ...(startsOn === undefined ? {} : { startsOn: toDate(startsOn) }),
          version: { increment: 1 },
        }
        const course = await work.course.update({ where: { id: courseId }, data })
        const more = course.weeklyTokens - before.weeklyTokens
        const accounts = more === 0n ? [] : await correctAllowances(work, course, more, by)
        return { course, accounts }
      })
    },
  }
}

/**
 * A changed allowance is one correcting grant for each account of the running and later weeks that was opened with the old
 * one; past weeks keep theirs. The course's row is locked: no account is being opened meanwhile (see SUM in ledger.ts).
 */
async function correctAllowances(
  work: Prisma.TransactionClient,
  course: CourseRow,
  more: bigint,
  { actor, nowMs }: Change,
): Promise<Account[]> {
  const boundariesMs = weekBoundariesMs(calendarOf(course))
  const over = nowMs >= (boundariesMs.at(-1) ?? 0)
  const fromWeek = over ? course.weeks + 1 : (weekAt(boundariesMs, nowMs) ?? 1)
  const rows = await work.$queryRaw<{ student_id: string; week: number }[]>`
    INSERT INTO quota.ledger_entries (kind, student_id, course_id, week, tokens, grant_id, actor, reason)
    SELECT 'grant', e.student_id, e.course_id, e.week, ${more},
           format('course:%s:%s:%s:%s', ${course.id}::text, ${course.version}::int, e.student_id, e.week),
           ${actor}, 'weekly allowance changed'
      FROM quota.students s
      CROSS JOIN generate_series(${fromWeek}::int, ${course.weeks}::int) AS w (week)
      JOIN quota.ledger_entries e ON e.grant_id = format('allowance:%s:%s', s.id, w.week)
     WHERE s.course_id = ${course.id}
    RETURNING student_id, week`
  return rows.map(row => ({ courseId: course.id, studentId: row.student_id, week: row.week }))
}
