import { isDeepStrictEqual } from 'node:util'
import type { CourseInput, CoursePatch } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Course as CourseRow, Prisma } from '../../generated/client.ts'
import type { Account } from '../account.ts'
import { toCourse, toDate } from '../course.ts'
import { checkSettings } from '../settings.ts'
import { type Change, correctAllowances, openAccounts } from './allowances.ts'
import { type Database, isTaken } from './database.ts'

/** Courses in Postgres. */
export interface Courses {
  create(input: CourseInput): Promise<CourseRow>
  find(courseId: string): Promise<CourseRow>
  /** By id, behind the one named; of those that are named by `only`. */
  list(limit: number, after?: string, only?: readonly string[]): Promise<CourseRow[]>
  changedSince(time: Date): Promise<CourseRow[]>
  /** Null: nobody joins by a code any more. Throws a conflict where another course has the code. */
  setJoinCode(courseId: string, joinCode: string | null): Promise<CourseRow>
  /** Answers also the accounts whose granted tokens changed with it. */
  update(
    courseId: string,
    patch: CoursePatch,
    by: Change,
  ): Promise<{ course: CourseRow; accounts: Account[] }>
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

    find: courseId => findCourse(database, courseId),

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

    async setJoinCode(courseId, joinCode) {
      await findCourse(database, courseId)
      try {
        return await database.course.update({ where: { id: courseId }, data: { joinCode } })
      } catch (error) {
        if (!isTaken(error)) throw error
        throw new LecternError('conflict', { message: 'This code is taken. Try again.' })
      }
    },

    update(courseId, patch, by) {
      return database.$transaction(async work => {
        const before = await lockCourse(work, courseId, 'update')
        checkSettings({ ...toCourse(before), ...patch })
        const data = { ...toData(patch), version: { increment: 1 } }
        const course = await work.course.update({ where: { id: courseId }, data })
        return { course, accounts: await changeAccounts(work, before, course, by) }
      })
    },
  }
}

export async function findCourse(work: Prisma.TransactionClient, courseId: string): Promise<CourseRow> {
  const course = await work.course.findUnique({ where: { id: courseId } })
  if (!course) throw noSuchCourse()
  return course
}

/** The course as it is until the transaction ends. */
export async function lockCourse(
  work: Prisma.TransactionClient,
  courseId: string,
  lock: 'share' | 'update',
): Promise<CourseRow> {
  // Read by a statement of its own, that sees what the lock has waited for.
  if (lock === 'share') await work.$queryRaw`SELECT FROM quota.courses WHERE id = ${courseId} FOR SHARE`
  else await work.$queryRaw`SELECT FROM quota.courses WHERE id = ${courseId} FOR UPDATE`
  return findCourse(work, courseId)
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
  const allowances = ({ weeklyTokens, outsideTokens, groupTokens }: CourseRow) => [
    ...[weeklyTokens, outsideTokens, groupTokens],
  ]
  const changed = !isDeepStrictEqual(allowances(course), allowances(before))
  const change = { ...by, change: String(course.version), studentIds: null }
  const corrected = changed ? await correctAllowances(work, course, change) : []
  // Where nothing was carried so far, the next look at an account of the running week carries into it.
  const carries = before.carryOverTokens === 0n && course.carryOverTokens > 0n
  return carries ? [...corrected, ...(await openAccounts(work, course, by.nowMs))] : corrected
}
