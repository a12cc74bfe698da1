import type { Clock } from '@lectern/shared/clock.ts'
import { ListCoursesCall } from '@lectern/shared/contracts/courses.ts'
import type { Logger } from '@lectern/shared/log.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { startPeriodic } from '@lectern/shared/periodic.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'
import { createRetention } from './retention.ts'
import type { Erasures } from './store/erasures.ts'
import { createRemoveExpired } from './store/expired.ts'
import { catchUp } from './store/use-sums.ts'

/** What is not in the sums yet is read beside them, so this is about how much that is. */
const SUM_INTERVAL_MS = 15_000
const ERASE_INTERVAL_MS = 60_000
const RETENTION_INTERVAL_MS = 10 * 60_000
/** A record may come as long as the stream keeps it, and a day more. */
const LATE_MS = 8 * 86_400_000

/** What the logger does beside storing and answering, again and again in small pieces. */
export function startUpkeep(
  { nc, pool, erasures }: { nc: NatsConnection; pool: Pool; erasures: Erasures },
  { clock, log, closing }: { clock: Clock; log: Logger; closing: AsyncDisposableStack },
): void {
  const every = (intervalMs: number) => ({ intervalMs, log, closing })
  startPeriodic('summing up the use', every(SUM_INTERVAL_MS), () => catchUp(pool, () => closing.disposed))

  // After a start every erasure counts: the database may have come from a backup that is older than them.
  let sinceMs = 0
  startPeriodic('erasing what came late', every(ERASE_INTERVAL_MS), async () => {
    for (let records = 1; records > 0 && !closing.disposed; ) {
      records = await erasures.eraseLate(sinceMs)
      if (records > 0) log.info({ records }, 'texts erased that came after the erasure of their student')
    }
    sinceMs = clock.nowMs() - LATE_MS
  })

  const listCourses = requester(nc, ListCoursesCall)
  const remove = createRemoveExpired(pool)
  const isStopping = () => closing.disposed
  const enforceRetention = createRetention({ listCourses, remove, clock, log, isStopping })
  startPeriodic('retention', every(RETENTION_INTERVAL_MS), enforceRetention)
}
