import type { ConversationSummary } from '@lectern/shared/contracts/conversations.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { Prisma } from '../../generated/client.ts'
import { storableText } from '../storable.ts'
import { type Turns, threadOf, turnsOf } from '../thread.ts'
import { SUMMARY_COLUMNS, type SummaryRow, toSummary } from './conversation-row.ts'
import type { Database } from './database.ts'

export interface Thread {
  items: (ConversationSummary & { parentId: string | null })[]
  /** There was more to look through than is looked through. */
  truncated: boolean
}

/** Finds the thread of a conversation; null: there is no such conversation. */
export type FindThread = (id: string) => Promise<Thread | null>

// Nothing is stored for threads: they are put together from what the student asked around that time. Few people go on with a
// chat after a week.
const WINDOW_MS = 7 * 86_400_000
const REQUESTS_EACH_WAY = 200
/** As they are stored, compressed. */
const BYTES_EACH_WAY = 32 * 1024 * 1024
const READ_AT_ONCE = 20
const MOST_ITEMS = 200

interface Key {
  id: string
  started_at: Date
}

export function createThreads(db: Database): FindThread {
  return async asked => {
    const id = storableText(asked)
    const [own] = await db.$queryRaw<(Key & { course_id: string; student_id: string })[]>`
      SELECT id, started_at, course_id, student_id FROM logs.records WHERE id = ${id} LIMIT 1`
    if (!own) return null
    const ofStudent = Prisma.sql`student_id = ${own.student_id} AND course_id = ${own.course_id}`
    const [before, after] = await Promise.all([near(ofStudent, own, 'before'), near(ofStudent, own, 'after')])
    const turns: Turns[] = []
    const keys = [...before.keys, own, ...after.keys]
    for (let read = 0; read < keys.length; read += READ_AT_ONCE) {
      turns.push(...(await readTurns(keys.slice(read, read + READ_AT_ONCE))))
    }
    const thread = threadOf(id, turns)
    const shown = around(id, thread)
    return {
      items: await summarise(shown, keys),
      truncated: before.isCut || after.isCut || shown.length < thread.length,
    }
  }

  /** What the student asked next to a request, the nearest first, as far as there is room for. */
  async function near(ofStudent: Prisma.Sql, { id, started_at }: Key, way: 'before' | 'after') {
    const [operator, order, endMs] = {
      before: [Prisma.sql`<`, Prisma.sql`DESC`, -WINDOW_MS] as const,
      after: [Prisma.sql`>`, Prisma.sql`ASC`, WINDOW_MS] as const,
    }[way]
    const end = new Date(started_at.getTime() + endMs)
    const rows = await db.$queryRaw<(Key & { bytes: number })[]>`
      SELECT id, started_at,
             (sum(pg_column_size(messages) + pg_column_size(answers))
               OVER (ORDER BY started_at ${order}, id ${order}))::double precision AS bytes
        FROM logs.records
       WHERE ${ofStudent} AND (started_at, id) ${operator} (${started_at}, ${id}) AND ${end} ${operator} started_at
       ORDER BY started_at ${order}, id ${order} LIMIT ${REQUESTS_EACH_WAY}`
    const keys = rows.filter(({ bytes }) => bytes <= BYTES_EACH_WAY)
    return { keys, isCut: rows.length === REQUESTS_EACH_WAY || keys.length < rows.length }
  }

  async function readTurns(keys: readonly Key[]): Promise<Turns[]> {
    type Row = Key & Pick<ConversationRecord, 'messages' | 'answers'>
    const rows = await db.$queryRaw<Row[]>`
      SELECT id, started_at, messages, answers FROM logs.records WHERE (id, started_at) IN (${listOf(keys)})`
    return rows.map(({ started_at, ...row }) => turnsOf({ ...row, startedAtMs: started_at.getTime() }))
  }

  async function summarise(thread: { id: string; parentId: string | null }[], keys: readonly Key[]) {
    const parents = new Map(thread.map(({ id, parentId }) => [id, parentId]))
    const own = keys.filter(({ id }) => parents.has(id))
    const rows = await db.$queryRaw<SummaryRow[]>`
      SELECT ${SUMMARY_COLUMNS} FROM logs.records r WHERE (r.id, r.started_at) IN (${listOf(own)})
       ORDER BY r.started_at, r.id`
    return rows.map(row => ({ ...toSummary(row), parentId: parents.get(row.id) ?? null }))
  }
}

function listOf(keys: readonly Key[]): Prisma.Sql {
  return Prisma.join(keys.map(({ id, started_at }) => Prisma.sql`(${id}, ${started_at}::timestamptz)`))
}

/** As many as fit into an answer, with the one that was asked for among them. */
function around<T extends { id: string }>(id: string, thread: readonly T[]): T[] {
  const place = thread.findIndex(member => member.id === id)
  const start = Math.max(0, Math.min(place - MOST_ITEMS / 2, thread.length - MOST_ITEMS))
  return thread.slice(start, start + MOST_ITEMS)
}
