import type { CourseInput, CoursePatch } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { isOutside, stretchAt } from '@lectern/shared/week.ts'
import type { Course as CourseRow, Prisma } from '../../generated/client.ts'
import type { Account } from '../account.ts'
import { openStretchesOf, toCourse, toDate } from '../course.ts'
import { checkSettings } from '../settings.ts'
import { type Database, isTaken } from './database.ts'

/** Courses in Postgres. */
export interface Courses {
  create(input: CourseInput): Promise<CourseRow>
  find(courseId: string): Promise<CourseRow>
  /** By id, behind the one named; of those that are named by `only`. */
  list(limit: number, after?: string, only?: readonly string[]): Promise<CourseRow[]>
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
        return await database.course.create({ data: { ...input, ...toData(input) } })
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

    list(limit, after, only) {
      return database.course.findMany({
        where: {
          id: {
            ...(after === undefined ? {} : { gt: after }),
            ...(only === undefined ? {} : { in: [...only] }),
          },
        },
        orderBy: { id: 'asc' },
        take: limit,
      })
    },

    changedSince(time) {
      return database.course.findMany({ where: { updatedAt: { gte: time } } })
    },

    update(courseId, patch, by) {
      return database.$transaction(async work => {
        const [locked] = await work.$queryRaw<{ id: string }[]>`
          SELECT id FROM quota.courses WHERE id = ${courseId} FOR UPDATE`
        if (!locked) throw noSuchCourse()
        const before = await work.course.findUniqueOrThrow({ where: { id: courseId } })
        checkSettings({ ...toCourse(before), ...patch })
        const data = { ...toData(patch), version: { increment: 1 } }
        const course = await work.course.update({ where: { id: courseId }, data })
        return { course, accounts: await changeAccounts(work, before, course, by) }
      })
    },
  }
}

/** Settings as Postgres keeps them. */
function toData<S extends CoursePatch>(settings: S) {
  const { startsOn, ...rest } = settings
  return { ...rest, ...(startsOn === undefined ? {} : { startsOn: toDate(startsOn) }) }
}

/** The accounts in which the change of a course changes what is granted. */
async function changeAccounts(
  work: Prisma.TransactionClient,
  before: CourseRow,
  course: CourseRow,
  by: Change,
): Promise<Account[]> {
  const changed = course.weeklyTokens !== before.weeklyTokens || course.outsideTokens !== before.outsideTokens
  const corrected = changed ? await correctAllowances(work, course, by) : []
  // Where nothing was carried so far, the next look at an account of the running week carries into it.
  const carries = before.carryOverTokens === 0n && course.carryOverTokens > 0n
  return carries ? [...corrected, ...(await openAccounts(work, course, by.nowMs))] : corrected
}

/**
 * A changed allowance is one correcting grant for each account of the running and later stretches that was opened with
 * another one; past weeks keep theirs. The course's row is locked: no account is being opened meanwhile (see SUM in
 * ledger.ts).
 */
async function correctAllowances(
  work: Prisma.TransactionClient,
  course: CourseRow,
  { actor, nowMs }: Change,
): Promise<Account[]> {
  const allowances = openStretchesOf(course)
    .filter(({ endsAtMs }) => endsAtMs > nowMs)
    .map(({ week }) => ({ week, tokens: isOutside(week) ? course.outsideTokens : course.weeklyTokens }))
  const weeks = allowances.map(({ week }) => week)
  const tokens = allowances.map(allowance => allowance.tokens)
  const rows = await work.$queryRaw<{ student_id: string; week: number }[]>`
    INSERT INTO quota.ledger_entries (kind, student_id, course_id, week, tokens, grant_id, actor, reason)
    SELECT 'grant', e.student_id, e.course_id, e.week, w.tokens - given.tokens,
           format('course:%s:%s:%s:%s', ${course.id}::text, ${course.version}::int, e.student_id, e.week),
           ${actor}, 'allowance changed'
      FROM quota.students s
      CROSS JOIN unnest(${weeks}::int[], ${tokens}::bigint[]) AS w (week, tokens)
      JOIN quota.ledger_entries e ON e.grant_id = format('allowance:%s:%s', s.id, w.week)
      CROSS JOIN LATERAL (
        SELECT sum(g.tokens) AS tokens FROM quota.ledger_entries g
         WHERE g.student_id = e.student_id AND g.week = e.week
           AND (g.kind = 'allowance' OR (g.kind = 'grant' AND g.grant_id LIKE 'course:%'))
      ) AS given
     WHERE s.course_id = ${course.id} AND w.tokens <> given.tokens
    RETURNING student_id, week`
  return rows.map(row => ({ courseId: course.id, studentId: row.student_id, week: row.week }))
}

/** Those of the running week that have been opened. */
async function openAccounts(
  work: Prisma.TransactionClient,
  course: CourseRow,
  nowMs: number,
): Promise<Account[]> {
  const running = stretchAt(openStretchesOf(course), nowMs)
  if (!running) return []
  const { week } = running
  const rows = await work.$queryRaw<{ student_id: string }[]>`
    SELECT e.student_id FROM quota.students s
      JOIN quota.ledger_entries e ON e.grant_id = format('allowance:%s:%s', s.id, ${week}::int)
     WHERE s.course_id = ${course.id}`
  return rows.map(row => ({ courseId: course.id, studentId: row.student_id, week }))
}
