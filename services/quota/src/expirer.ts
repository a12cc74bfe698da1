import type { Redis } from '@lectern/shared/redis/connect.ts'
import type { Alarms } from './alarms.ts'
import type { RecordEnds } from './settlement.ts'
import { ALL_BUCKETS, type Bucket, expiryName } from './store/keys.ts'
import type { RedisClock } from './store/redis-clock.ts'
import type { EndedHold, Reservations } from './store/reservations.ts'

// One script call then takes well under a millisecond of Redis's time.
const BATCH = 100

/**
 * One round of expiry: gives back the holds whose deadline has passed, and writes into the ledger the ends that no message
 * of the stream brings (expired here, or released by a call). Replicas may do it at the same time: the script hands each
 * end to one of them, for some seconds.
 */
export function createExpirer({
  redis,
  clock,
  reservations,
  record,
  alarms,
}: {
  redis: Redis
  clock: RedisClock
  reservations: Reservations
  record: RecordEnds
  alarms: Alarms
}): () => Promise<void> {
  async function empty(bucket: Bucket): Promise<void> {
    for (;;) {
      const ended = await reservations.expire(bucket, BATCH)
      const expired = ended.filter(hold => hold.kind === 'expire')
      if (expired.length > 0) alarms.expired({ bucket, holds: expired.length })
      await record(ended.map(toEnd))
      if (ended.length < BATCH) return
    }
  }

  return async () => {
    const nowMs = clock.nowMs()
    // All at once: most of the time nothing is due anywhere. A node of a cluster that is away holds up its own buckets only.
    const answers = await Promise.allSettled(
      ALL_BUCKETS.map(bucket => redis.zrangebyscore(expiryName(bucket), '-inf', nowMs, 'LIMIT', 0, 1)),
    )
    for (const [index, bucket] of ALL_BUCKETS.entries()) {
      const answer = answers[index]
      if (answer?.status === 'fulfilled' && answer.value.length > 0) await empty(bucket)
    }
    const failed = answers.find(answer => answer.status === 'rejected')
    if (failed) throw failed.reason
  }
}

function toEnd({ reservationId, kind, studentId, courseId, week, model }: EndedHold) {
  return {
    ...{ reservationId, kind, studentId, courseId, week, model },
    ...{ chargeTokens: 0, inputTokens: null, outputTokens: null, state: 'fresh' as const },
  }
}
