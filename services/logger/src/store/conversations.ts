import type { Clock } from '@lectern/shared/clock.ts'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type {
  Conversation,
  ConversationSummary,
  ListConversationsCall,
} from '@lectern/shared/contracts/conversations.ts'
import { type Page, toPage } from '@lectern/shared/page.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'
import { Prisma } from '../../generated/client.ts'
import { storableText } from '../storable.ts'
import { createSourceOf, cursorOf } from './conversation-filter.ts'
import {
  SUMMARY_COLUMNS,
  type SummaryRow,
  toConversation,
  toSummary,
  WHOLE_COLUMNS,
  type WholeRow,
} from './conversation-row.ts'
import type { Database } from './database.ts'
import { search } from './search.ts'
import { summedTo } from './use-sums.ts'

type PageFilter = RequestOf<typeof ListConversationsCall>

/** What was kept, for reading. */
export interface Conversations {
  /** Newest first. */
  list(filter: PageFilter): Promise<Page<ConversationSummary>>
  /** Of those, which contain the text, whatever the case. */
  search(text: string, filter: PageFilter): Promise<Page<ConversationSummary>>
  get(id: string): Promise<Conversation | null>
  /** Its course; null: there is no such conversation. */
  courseOf(id: string): Promise<string | null>
  /** The same page with each conversation whole, cut where it would not fit into a message of the bus. */
  whole(page: Page<ConversationSummary>): Promise<Page<Conversation>>
}

/** Whole conversations may have megabytes each. */
const WHOLE_AT_ONCE = 10

/** The conversations in Postgres. */
export function createConversations(db: Database, pool: Pool, clock: Clock): Conversations {
  const sources = async () => createSourceOf(await summedTo(pool))
  return {
    async list({ limit, ...filter }) {
      const { from, newestFirst } = (await sources())(filter)
      const rows = await db.$queryRaw<SummaryRow[]>`
        SELECT ${SUMMARY_COLUMNS} ${from} ${newestFirst} LIMIT ${limit + 1}`
      return toPage(rows.map(toSummary), limit, cursorOf)
    },
    async search(text, { limit, ...filter }) {
      const { rows, searchedTo } = await search(db, clock, await sources(), {
        filter,
        text,
        limit: limit + 1,
      })
      const page = toPage(rows.map(toSummary), limit, cursorOf)
      return page.next === null && searchedTo ? { ...page, next: cursorOf(searchedTo) } : page
    },
    async get(id) {
      const [row] = await db.$queryRaw<WholeRow[]>`
        SELECT ${WHOLE_COLUMNS} FROM logs.records r WHERE r.id = ${storableText(id)} LIMIT 1`
      return row ? toConversation(row) : null
    },
    async courseOf(id) {
      const [row] = await db.$queryRaw<{ course_id: string }[]>`
        SELECT course_id FROM logs.records WHERE id = ${storableText(id)} LIMIT 1`
      return row?.course_id ?? null
    },
    async whole({ items, next }) {
      const found: Conversation[] = []
      for (let read = 0; read < items.length; read += WHOLE_AT_ONCE) {
        const keys = items
          .slice(read, read + WHOLE_AT_ONCE)
          .map(({ id, startedAtMs }) => Prisma.sql`(${id}, ${new Date(startedAtMs)}::timestamptz)`)
        const rows = await db.$queryRaw<WholeRow[]>`
          SELECT ${WHOLE_COLUMNS} FROM logs.records r WHERE (r.id, r.started_at) IN (${Prisma.join(keys)})
           ORDER BY r.started_at DESC, r.id DESC`
        found.push(...rows.map(toConversation))
        const page = toPage(found, found.length, cursorOf)
        if (page.next !== null) return page
      }
      return { items: found, next }
    },
  }
}
