import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@lectern/shared/clock.ts'
import type { Logger } from '@lectern/shared/log.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'

/** Two months of failing upkeep change nothing; after that the default partition takes the records. */
const MONTHS_AHEAD = 2
const DAY_MS = 86_400_000
const RETRY_MS = 60_000

/** Makes the partitions of this month and the next ones, where they are missing; answers the new ones. */
export async function addPartitions(pool: Pool, nowMs: number): Promise<string[]> {
  const { rows } = await pool.query<{ part: string | null }>(
    `SELECT logs.add_partition($1::timestamptz + month * interval '1 month') AS part
     FROM generate_series(0, $2::integer) AS month`,
    [startOfMonth(nowMs), MONTHS_AHEAD],
  )
  return rows.flatMap(({ part }) => (part === null ? [] : [part]))
}

/** Keeps partitions ahead of time: at the start and then daily, sooner again after a failure. */
export function keepPartitions({ pool, clock, log }: { pool: Pool; clock: Clock; log: Logger }) {
  const stopping = new AbortController()
  const working = (async () => {
    while (!stopping.signal.aborted) {
      let waitMs = DAY_MS
      try {
        for (const part of await addPartitions(pool, clock.nowMs())) log.info({ part }, 'partition added')
      } catch (error) {
        waitMs = RETRY_MS
        log.warn({ err: error, waitMs }, 'partitions could not be added, will be tried again')
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

/** From the first of a month, months are added without the surprise of a 31st that the next one lacks. */
function startOfMonth(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 7)}-01T00:00:00Z`
}
