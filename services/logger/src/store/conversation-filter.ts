import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { ListConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import { cursorReader, toCursor } from '@lectern/shared/page.ts'
import { Type } from 'typebox'
import { Prisma } from '../../generated/client.ts'
import { instantOf } from '../instant.ts'
import { storableText } from '../storable.ts'

export type ConversationFilter = Omit<RequestOf<typeof ListConversationsCall>, 'limit'>

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

/** Newest first. */
export const NEWEST_FIRST = Prisma.sql`ORDER BY r.started_at DESC, r.id DESC`

/** `FROM` and `WHERE` of what a filter leaves, the records named `r`, with more conditions where there are some. */
export function recordsOf(filter: ConversationFilter, ...more: Prisma.Sql[]): Prisma.Sql {
  const conditions = [...conditionsOf(filter), ...more]
  const where = conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}` : Prisma.empty
  return Prisma.sql`FROM ${filter.flagged ? flaggedOf(filter) : Prisma.sql`logs.records r`} ${where}`
}

function conditionsOf({ cursor, ...filter }: ConversationFilter): Prisma.Sql[] {
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
