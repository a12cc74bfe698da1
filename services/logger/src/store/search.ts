import type { Clock } from '@lectern/shared/clock.ts'
import { Prisma } from '../../generated/client.ts'
import { storableText } from '../storable.ts'
import { foldText } from '../transcript.ts'
import {
  type ConversationFilter,
  cursorOf,
  isBelow,
  NEWEST_FIRST,
  type Place,
  recordsOf,
} from './conversation-filter.ts'
import { SUMMARY_COLUMNS, type SummaryRow } from './conversation-row.ts'
import type { Database } from './database.ts'

/** What a search has found, newest first, and how far back it has looked; `searchedTo` null: through everything. */
export interface Found {
  rows: SummaryRow[]
  searchedTo: Place | null
}

/** So many are looked at one by one before the index is asked: a frequent word fills its page from them. */
const FIRST_WALK = 4000
const NEXT_WALK = 20_000
/** The trigram index knows no shorter text; two characters are a usual word in Chinese. */
const INDEXED_CHARACTERS = 3
/** About a partition, each of which has an index of its own. */
const MONTH_MS = 31 * 86_400_000
/** A person waits. What is left is the next page. */
const BUDGET_MS = 2500

/**
 * Finds conversations whose question or answer contains a text. Postgres cannot know how frequent a text is: asking the index for
 * a word that everybody writes reads millions of rows, and so does looking through a course for one that nobody wrote. So
 * the newest are looked at first, then the index is asked month by month, and every search ends in time with how far it came.
 */
export async function search(
  db: Database,
  clock: Clock,
  { filter, text, limit }: { filter: ConversationFilter; text: string; limit: number },
): Promise<Found> {
  const startMs = clock.nowMs()
  const isIndexed = Array.from(text).length >= INDEXED_CHARACTERS
  const found: Found = { rows: [], searchedTo: null }
  let asked = filter
  let stepTo = await walkEnd(db, asked, FIRST_WALK)
  for (;;) {
    const reach = stepTo ? [isNotBelow(stepTo)] : []
    const rows = await db.$queryRaw<SummaryRow[]>`
      SELECT ${SUMMARY_COLUMNS} ${recordsOf(asked, contains(text), ...reach)}
      ${NEWEST_FIRST} LIMIT ${limit - found.rows.length}`
    found.rows.push(...rows)
    found.searchedTo = stepTo
    if (!stepTo || found.rows.length === limit || clock.nowMs() - startMs > BUDGET_MS) return found
    asked = { ...filter, cursor: cursorOf(stepTo) }
    stepTo = isIndexed ? await monthEnd(db, filter, stepTo) : await walkEnd(db, asked, NEXT_WALK)
  }
}

/** Both halves are all, but each has its own index: the trigrams, and what has none yet. */
function contains(text: string): Prisma.Sql {
  const folded = foldText(storableText(text)).replace(/[\\%_]/g, '\\$&')
  return Prisma.sql`r.search_text LIKE ${`%${folded}%`} AND (r.indexed OR NOT r.indexed)`
}

const isNotBelow = (place: Place) => Prisma.sql`NOT (${isBelow(place)})`

/** The place of the last of the next so many conversations; null: there are not so many. */
async function walkEnd(db: Database, filter: ConversationFilter, length: number): Promise<Place | null> {
  const [last] = await db.$queryRaw<{ startedAt: Date; id: string }[]>`
    SELECT r.started_at AS "startedAt", r.id ${recordsOf(filter)} ${NEWEST_FIRST} LIMIT 1 OFFSET ${length - 1}`
  return last ? { startedAtMs: last.startedAt.getTime(), id: last.id } : null
}

/** A month further back; null: nothing of the course (or the student) is older than that. */
async function monthEnd(db: Database, filter: ConversationFilter, from: Place): Promise<Place | null> {
  const end = { startedAtMs: from.startedAtMs - MONTH_MS, id: '' }
  const { courseId, studentId } = filter
  const [older] = await db.$queryRaw<unknown[]>`
    SELECT 1 ${recordsOf({ courseId, studentId, from: filter.from }, isBelow(end))} LIMIT 1`
  return older ? end : null
}
