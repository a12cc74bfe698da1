import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@lectern/shared/log.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'

/** A third of a second of Postgres's work. More at once gains little, and needs room in the index until it is sorted in. */
const MOST_AT_ONCE = 1000
const PAUSE_MS = 2000
const BUSY_PAUSE_MS = 10_000

/** Indexes the next records that wait; answers how many, 0 where none do or another process is at it. */
export async function indexRecords(pool: Pool, most = MOST_AT_ONCE): Promise<number> {
  const { rows } = await pool.query<{ indexed: number }>({
    name: 'index-records',
    text: 'SELECT logs.index_records($1) AS indexed',
    values: [most],
  })
  return rows[0]?.indexed ?? 0
}

/**
 * Brings stored records into the search index, behind the writing of them: a search finds what waits by reading it. While
 * `isBusy` it leaves the machine to whoever stores, and does one step in between so that no backlog is for ever.
 */
export function keepSearchIndex({ pool, isBusy, log }: { pool: Pool; isBusy: () => boolean; log: Logger }) {
  const stopping = new AbortController()
  const working = (async () => {
    while (!stopping.signal.aborted) {
      let waitMs = PAUSE_MS
      try {
        const indexed = await indexRecords(pool)
        if (isBusy()) waitMs = BUSY_PAUSE_MS
        else if (indexed === MOST_AT_ONCE) waitMs = 0
        if (indexed > 0) log.debug({ indexed }, 'records indexed')
      } catch (error) {
        waitMs = BUSY_PAUSE_MS
        log.warn({ err: error, waitMs }, 'records could not be indexed, will be tried again')
      }
      await delay(waitMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    }
  })()
  return {
    async stop(): Promise<void> {
      stopping.abort()
      await working
    },
  }
}
