import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { ListConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import { instantOf } from '@lectern/shared/instant.ts'
import { cursorReader, toCursor } from '@lectern/shared/page.ts'
import { Type } from 'typebox'
import { Prisma } from '../../generated/client.ts'
import { storableText } from '../storable.ts'
import { QUARTER } from './use-sums.ts'

export type ConversationFilter = Omit<RequestOf<typeof ListConversationsCall>, 'limit'> & {
  /** Down to this place in the list, and with it. */
  downTo?: Place | null
}

/** Start and id of a conversation: unique, in the order of every list, and unmoved by what is added meanwhile. */
export interface Place {
  startedAtMs: number
  id: string
}

const readCursor = cursorReader(
  Type.Tuple([Type.Integer({ minimum: 0, maximum: 8.64e15 }), Type.String({ maxLength: 64 })]),
)

export const cursorOf = ({ startedAtMs, id }: Place): string => toCursor([startedAtMs, id])

/** The place that a cursor names. Throws `invalid_request` for what no list gave. */
export function placeOf(cursor: string): Place {
  const [startedAtMs, id] = readCursor(cursor)
  return { startedAtMs, id: storableText(id) }
}

/** Records as a query reads them, named `r`: `FROM` and `WHERE`, and the order that is newest first. */
export interface Source {
  from: Prisma.Sql
  newestFirst: Prisma.Sql
}

const NEWEST_FIRST = Prisma.sql`ORDER BY r.started_at DESC, r.id DESC`

/** What a filter leaves, with more conditions where there are some. */
export type SourceOf = (filter: ConversationFilter, ...more: Prisma.Sql[]) => Source

/** `summedTo`: how far the sums have come; null: too far behind to be of use. */
export function createSourceOf(summedTo: Date | null): SourceOf {
  return (filter, ...more) => {
    const conditions = [...conditionsOf(filter), ...more]
    const where = conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}` : Prisma.empty
    if (filter.flagged)
      return { from: Prisma.sql`FROM ${flaggedOf(filter)} ${where}`, newestFirst: NEWEST_FIRST }
    const quarters = summedTo && quartersOf(filter, summedTo)
    if (!quarters) return { from: Prisma.sql`FROM logs.records r ${where}`, newestFirst: NEWEST_FIRST }
    // Quarter after quarter: Postgres sorts the few records of one, and stops when the page is full.
    return {
      from: Prisma.sql`FROM ${quarters} ${where}`,
      newestFirst: Prisma.sql`ORDER BY quarter.at DESC, r.started_at DESC, r.id DESC`,
    }
  }
}

/**
 * The sums know in which quarters of an hour a course had a week, a model or an outcome: only those are read. Without that, Postgres
 * would walk a whole course for what is seldom, or for a week of long ago. What is not in the sums yet has its quarters, too.
 */
function quartersOf(filter: ConversationFilter, summedTo: Date): Prisma.Sql | null {
  const { courseId, week, model, outcome, studentId, ruleId } = filter
  const keys = Object.entries({ week, model, outcome }).filter(([, value]) => value !== undefined)
  // These have an index of their own.
  if (courseId === undefined || keys.length === 0 || studentId !== undefined || ruleId !== undefined)
    return null
  const same = keys.map(([column, value]) => Prisma.sql`${Prisma.raw(column)} = ${storable(value)}`)
  const ofCourse = Prisma.join([Prisma.sql`course_id = ${courseId}`, ...same], ' AND ')
  // In order, and OFFSET 0 keeps it so: Postgres goes through them until the page is full.
  return Prisma.sql`(
      SELECT at FROM (
        SELECT at FROM logs.use_quarters WHERE ${Prisma.join([ofCourse, ...boundsOf(filter)], ' AND ')}
        UNION SELECT ${Prisma.raw(QUARTER)} FROM logs.records WHERE ${ofCourse} AND stored_at > ${summedTo}
      ) known ORDER BY at DESC OFFSET 0
    ) quarter CROSS JOIN LATERAL (
      SELECT * FROM logs.records x
       WHERE x.course_id = ${courseId} AND x.started_at >= quarter.at AND x.started_at < quarter.at + interval '15 minutes'
      OFFSET 0
    ) r`
}

const QUARTER_MS = 15 * 60_000

/** The quarters between which the list is read: without them each page would begin at the newest. */
function boundsOf({ from, to, cursor, downTo }: ConversationFilter): Prisma.Sql[] {
  const latest = [to && instantOf('to', to).getTime(), cursor && placeOf(cursor).startedAtMs]
  const earliest = [from && instantOf('from', from).getTime(), downTo?.startedAtMs]
  const isTime = (ms: unknown) => typeof ms === 'number'
  return [
    ...latest.filter(isTime).map(ms => Prisma.sql`at <= ${new Date(ms)}`),
    ...earliest.filter(isTime).map(ms => Prisma.sql`at > ${new Date(ms - QUARTER_MS)}`),
  ]
}

function conditionsOf({ cursor, downTo, ...filter }: ConversationFilter): Prisma.Sql[] {
  const { courseId, studentId, week, model, outcome, from, to } = filter
  const equal = { course_id: courseId, student_id: studentId, week, model, outcome }
  return [
    ...Object.entries(equal)
      .filter(([, value]) => value !== undefined)
      .map(([column, value]) => Prisma.sql`${Prisma.raw(`r.${column}`)} = ${storable(value)}`),
    ...(filter.ruleId === undefined ? [] : [isHitBy(filter.ruleId)]),
    ...(filter.flagged === false
      ? [Prisma.sql`NOT EXISTS (SELECT FROM logs.flags f WHERE f.record_id = r.id)`]
      : []),
    ...(from === undefined ? [] : [Prisma.sql`r.started_at >= ${instantOf('from', from)}`]),
    ...(to === undefined ? [] : [Prisma.sql`r.started_at < ${instantOf('to', to)}`]),
    ...(cursor === undefined ? [] : [isBelow(placeOf(cursor))]),
    ...(downTo ? [Prisma.sql`(r.started_at, r.id) >= (${new Date(downTo.startedAtMs)}, ${downTo.id})`] : []),
  ]
}

const storable = (value: unknown) => (typeof value === 'string' ? storableText(value) : value)

/** The first condition is the partial index's own. */
function isHitBy(ruleId: string): Prisma.Sql {
  const hit = JSON.stringify([{ id: storableText(ruleId) }])
  return Prisma.sql`r.rule_hits <> '[]'::jsonb AND r.rule_hits @> ${hit}::jsonb`
}

/** What comes after a place in a list. */
export function isBelow({ startedAtMs, id }: Place): Prisma.Sql {
  return Prisma.sql`(r.started_at, r.id) < (${new Date(startedAtMs)}, ${id})`
}

/**
 * The flagged records, each looked up by its key: there are few, and Postgres would else walk all records of the course to
 * see which of them are flagged (OFFSET 0 keeps it from doing so).
 */
function flaggedOf({ courseId }: ConversationFilter): Prisma.Sql {
  const ofCourse = courseId === undefined ? Prisma.empty : Prisma.sql`WHERE course_id = ${courseId}`
  return Prisma.sql`(SELECT record_id, started_at FROM logs.flags ${ofCourse}) flag
    CROSS JOIN LATERAL (
      SELECT * FROM logs.records x WHERE x.id = flag.record_id AND x.started_at = flag.started_at OFFSET 0
    ) r`
}
