import type { Clock } from '@lectern/shared/clock.ts'
import { Prisma } from '../../generated/client.ts'
import { storableText } from '../storable.ts'
import { foldText } from '../transcript.ts'
import {
  type ConversationFilter,
  cursorOf,
  isBelow,
  type Place,
  type SourceOf,
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
const MEANWHILE = 1000
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
  sourceOf: SourceOf,
  { filter, text, limit }: { filter: ConversationFilter; text: string; limit: number },
): Promise<Found> {
  const startMs = clock.nowMs()
  const steps = createSteps(db, sourceOf, contains(text))
  const isIndexed = Array.from(text).length >= INDEXED_CHARACTERS
  const found: Found = { rows: [], searchedTo: null }
  let step = await steps.walk(filter, FIRST_WALK, limit)
  for (;;) {
    found.rows.push(...step.rows)
    found.searchedTo = step.searchedTo
    const wanted = limit - found.rows.length
    if (!step.searchedTo || wanted === 0 || clock.nowMs() - startMs > BUDGET_MS) return found
    const rest = { ...filter, cursor: cursorOf(step.searchedTo) }
    step = isIndexed
      ? await steps.askIndex(rest, step.searchedTo, wanted)
      : await steps.walk(rest, NEXT_WALK, wanted)
  }
}

/** Both halves are all, but each has its own index: the trigrams, and what has none yet. */
function contains(text: string): Prisma.Sql {
  const folded = foldText(storableText(text)).replace(/[\\%_]/g, '\\$&')
  return Prisma.sql`r.search_text LIKE ${`%${folded}%`} AND (r.indexed OR NOT r.indexed)`
}

/** The two ways to look further back. */
function createSteps(db: Database, sourceOf: SourceOf, wanted: Prisma.Sql) {
  /** Looks at the next so many conversations one by one: the inner LIMIT keeps Postgres from asking the index of texts. */
  async function walk(filter: ConversationFilter, length: number, limit: number): Promise<Found> {
    const { from, newestFirst } = sourceOf(filter)
    const [last] = await db.$queryRaw<{ startedAt: Date; id: string }[]>`
      SELECT r.started_at AS "startedAt", r.id ${from} ${newestFirst} LIMIT 1 OFFSET ${length - 1}`
    const end = last ? { startedAtMs: last.startedAt.getTime(), id: last.id } : null
    // Some more: what came in meanwhile.
    const near = sourceOf({ ...filter, downTo: end })
    const rows = await db.$queryRaw<SummaryRow[]>`
      SELECT ${SUMMARY_COLUMNS} FROM (SELECT r.* ${near.from} ${near.newestFirst} LIMIT ${length + MEANWHILE}) r
       WHERE ${wanted} ORDER BY r.started_at DESC, r.id DESC LIMIT ${limit}`
    return { rows, searchedTo: end }
  }

  /** Asks the index for a month further back; through with everything where nothing of the course (or student) is older. */
  async function askIndex(filter: ConversationFilter, after: Place, limit: number): Promise<Found> {
    const end = { startedAtMs: after.startedAtMs - MONTH_MS, id: '' }
    const { courseId, studentId, from: earliest } = filter
    const older = sourceOf({ courseId, studentId, from: earliest }, isBelow(end))
    const isThrough = (await db.$queryRaw<unknown[]>`SELECT 1 ${older.from} LIMIT 1`).length === 0
    const { from, newestFirst } = sourceOf({ ...filter, downTo: end }, wanted)
    const rows = await db.$queryRaw<SummaryRow[]>`
      SELECT ${SUMMARY_COLUMNS} ${from} ${newestFirst} LIMIT ${limit}`
    return { rows, searchedTo: isThrough ? null : end }
  }

  return { walk, askIndex }
}
