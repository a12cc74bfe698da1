import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { ConversationSummary, ListConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { cursorReader, type Page, toCursor, toPage } from '@lectern/shared/page.ts'
import { Type } from 'typebox'
import { instantOf } from '../instant.ts'
import { storableText } from '../storable.ts'
import { foldText } from '../transcript.ts'
import { SUMMARY_COLUMNS, toRecord, toSummary } from './conversation-row.ts'
import type { Database } from './database.ts'

export type ConversationFilter = RequestOf<typeof ListConversationsCall>

/** What was kept, for reading. */
export interface Conversations {
  /** Newest first; with `contains`, those of which question or answer contains it, whatever the case. */
  list(filter: ConversationFilter, contains?: string): Promise<Page<ConversationSummary>>
  get(id: string): Promise<ConversationRecord | null>
}

/** Start and id of a page's last conversation: unique, and unmoved by what is added meanwhile. */
const readCursor = cursorReader(
  Type.Tuple([Type.Integer({ minimum: 0, maximum: 8.64e15 }), Type.String({ maxLength: 64 })]),
)

/** The conversations in Postgres. */
export function createConversations(db: Database): Conversations {
  return {
    async list(filter, contains) {
      const { limit } = filter
      const rows = await db.record.findMany({
        where: { AND: conditionsOf(filter, contains) },
        orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
        select: SUMMARY_COLUMNS,
      })
      return toPage(rows.map(toSummary), limit, ({ startedAtMs, id }) => toCursor([startedAtMs, id]))
    },
    async get(id) {
      const row = await db.record.findFirst({ where: { id: storableText(id) } })
      return row && toRecord(row)
    },
  }
}

function conditionsOf(filter: ConversationFilter, contains: string | undefined) {
  const { courseId, studentId, week, from, to, cursor } = filter
  return [
    courseId === undefined ? {} : { courseId },
    studentId === undefined ? {} : { studentId },
    week === undefined ? {} : { week },
    from === undefined ? {} : { startedAt: { gte: instantOf('from', from) } },
    to === undefined ? {} : { startedAt: { lt: instantOf('to', to) } },
    contains === undefined ? {} : containing(contains),
    cursor === undefined ? {} : after(cursor),
  ]
}

/** Both halves are all, but each has its own index: the trigrams, and what has none yet. */
function containing(text: string) {
  return {
    searchText: { contains: escapeLike(foldText(storableText(text))) },
    OR: [{ indexed: true }, { indexed: false }],
  }
}

/** Prisma writes LIKE '%text%' and leaves the signs that LIKE gives a meaning to us. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/** The conversations below a cursor. The first condition alone is what an index range needs. */
function after(cursor: string) {
  const [startedAtMs, id] = readCursor(cursor)
  const startedAt = new Date(startedAtMs)
  return {
    startedAt: { lte: startedAt },
    OR: [{ startedAt: { lt: startedAt } }, { id: { lt: storableText(id) } }],
  }
}
