import type { ListStudentsCall } from '@lectern/shared/contracts/courses.ts'
import type { Balance } from '@lectern/shared/contracts/quota.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCursor, toPage } from '@lectern/shared/page.ts'
import { toBalance } from '../account.ts'
import type { WeekOf } from '../account-of.ts'
import type { ReadAmounts } from '../amounts.ts'
import { forEachAtOnce } from '../at-once.ts'
import { readIdCursor } from '../cursors.ts'
import type { Courses } from '../store/courses.ts'
import type { Students } from '../store/students.ts'
import { toStudent } from '../student.ts'

/** Accounts that are loaded at once: a page must not take all connections to Postgres from the requests that run. */
const AT_ONCE = 8

/** `quota.students.list` */
export function listStudents({
  courses,
  students,
  weekOf,
  readAmounts,
}: {
  courses: Courses
  students: Students
  weekOf: WeekOf
  readAmounts: ReadAmounts
}): Handler<typeof ListStudentsCall> {
  /** By student; null: the course rests. */
  async function balancesOf(courseId: string, studentIds: string[]): Promise<Map<string, Balance> | null> {
    const running = await weekOf(courseId, null).catch((error: unknown) => {
      if (error instanceof LecternError && error.code === 'course_closed') return null
      throw error
    })
    if (!running) return null
    const { week, resetsAtMs } = running
    const balances = new Map<string, Balance>()
    await forEachAtOnce(studentIds, AT_ONCE, async studentId => {
      const account = { courseId, studentId, week }
      balances.set(studentId, toBalance(account, await readAmounts(account), resetsAtMs))
    })
    return balances
  }

  return async ({ courseId, limit, cursor, balances: wanted, ...filter }) => {
    await courses.find(courseId)
    const rows = await students.list(courseId, filter, limit + 1, readIdCursor(cursor))
    const page = toPage(rows.map(toStudent), limit, student => toCursor([student.id]))
    if (!wanted) return page
    const balances = await balancesOf(
      courseId,
      page.items.map(({ id }) => id),
    )
    return {
      items: page.items.map(student => ({ ...student, balance: balances?.get(student.id) ?? null })),
      next: page.next,
    }
  }
}
