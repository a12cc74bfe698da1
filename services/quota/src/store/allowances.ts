import { BEFORE, stretchAt } from '@lectern/shared/week.ts'
import { type Course as CourseRow, Prisma } from '../../generated/client.ts'
import type { Account } from '../account.ts'
import { openStretchesOf } from '../course.ts'

/** Who changes what is granted, and when it is. */
export interface Change {
  actor: string
  nowMs: number
}

/**
 * In SQL: what student `s` of course `c` gets in a stretch; of a week the group's allowance where the course has one for it. While a
 * course is closed, an account for trials has what it has in a week.
 */
export const allowanceIn = (week: string) => `
  CASE WHEN ${week} < ${BEFORE} THEN coalesce((c.group_tokens ->> s.group_name)::bigint, c.weekly_tokens)
       ELSE coalesce(c.outside_tokens, CASE WHEN s.trial THEN c.weekly_tokens ELSE 0 END) END`

/**
 * A changed allowance is one correcting grant for each account of the running and later stretches that was opened with
 * another one; past weeks keep theirs. Whoever calls has locked the rows that decide (see SUM in ledger.ts), so no such account
 * is being opened meanwhile. `change` names what is changed, once; `studentIds` null: of the whole course.
 */
export async function correctAllowances(
  work: Prisma.TransactionClient,
  course: CourseRow,
  { actor, nowMs, change, studentIds }: Change & { change: string; studentIds: readonly string[] | null },
): Promise<Account[]> {
  const weeks = openStretchesOf(course)
    .filter(({ endsAtMs }) => endsAtMs > nowMs)
    .map(({ week }) => week)
  const of = studentIds === null ? Prisma.empty : Prisma.sql`AND s.id = ANY(${[...studentIds]}::text[])`
  const rows = await work.$queryRaw<{ student_id: string; week: number }[]>`
    INSERT INTO quota.ledger_entries (kind, student_id, course_id, week, tokens, grant_id, actor, reason)
    SELECT 'grant', e.student_id, e.course_id, e.week, due.tokens - given.tokens,
           format('course:%s:%s:%s:%s', c.id, ${change}::text, e.student_id, e.week),
           ${actor}, 'allowance changed'
      FROM quota.courses c
      JOIN quota.students s ON s.course_id = c.id
      CROSS JOIN unnest(${weeks}::int[]) AS w (week)
      CROSS JOIN LATERAL (SELECT ${Prisma.raw(allowanceIn('w.week'))} AS tokens) AS due
      JOIN quota.ledger_entries e ON e.grant_id = format('allowance:%s:%s', s.id, w.week)
      CROSS JOIN LATERAL (
        SELECT sum(g.tokens) AS tokens FROM quota.ledger_entries g
         WHERE g.student_id = e.student_id AND g.week = e.week
           AND (g.kind = 'allowance' OR (g.kind = 'grant' AND g.grant_id LIKE 'course:%'))
      ) AS given
     WHERE c.id = ${course.id} ${of} AND due.tokens <> given.tokens
    RETURNING student_id, week`
  return rows.map(row => ({ courseId: course.id, studentId: row.student_id, week: row.week }))
}

/** The accounts of the running stretch that have been opened. */
export async function openAccounts(
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
