import { type Clock, systemClock } from '@lectern/shared/clock.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Redis } from '@lectern/shared/redis/connect.ts'

/** Redis decides what time it is; this is how the service speaks of it. */
export interface RedisClock {
  /** What scripts are told: 0, so that Redis's own clock decides, except where a test has injected a clock. */
  scriptNowMs(): number
  /** The time in Redis, estimated (or the injected one). */
  nowMs(): number
  /** When a command that is sent now must have been executed, by Redis's own clock: afterwards nobody awaits it. */
  deadlineMs(): number
  /** Whether Redis's time is known. */
  isKnown(): boolean
}

// Clocks drift by milliseconds an hour; a step (NTP, a migrated machine) is seen after this long.
const MEASURE_EVERY_MS = 10_000
// The rest of the command's timeout is for the way back, so that what was executed was also answered in time.
const DEADLINE_PART = 0.75

/** Measures how far Redis's clock is from ours, at each new connection and from time to time. */
export function startRedisClock({
  redis,
  clock,
  commandTimeoutMs,
  closing,
}: {
  redis: Redis
  clock: Clock
  commandTimeoutMs: number
  closing: AsyncDisposableStack
}): RedisClock {
  let offsetMs: number | undefined
  const injected = clock !== systemClock

  async function measure(): Promise<void> {
    const sentMs = Date.now()
    const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number)
    offsetMs = seconds * 1000 + microseconds / 1000 - (sentMs + Date.now()) / 2
  }
  // A failure needs no care: the last offset still holds, and a lost connection is measured again when it is back.
  const tryToMeasure = () => void measure().catch(() => undefined)
  const timer = setInterval(tryToMeasure, MEASURE_EVERY_MS).unref()
  redis.on('ready', tryToMeasure)
  closing.defer(() => {
    clearInterval(timer)
    redis.off('ready', tryToMeasure)
  })

  const estimateMs = () => {
    if (offsetMs === undefined) throw new LecternError('service_unavailable', { retryAfterMs: 1000 })
    return Math.floor(Date.now() + offsetMs)
  }
  return {
    scriptNowMs: () => (injected ? clock.nowMs() : 0),
    nowMs: () => (injected ? clock.nowMs() : estimateMs()),
    deadlineMs: () => estimateMs() + Math.floor(commandTimeoutMs * DEADLINE_PART),
    isKnown: () => offsetMs !== undefined,
  }
}

/** A command that came to Redis too late did nothing; its caller is told to try again. */
export function tooLate(): LecternError {
  return new LecternError('service_unavailable', {
    retryAfterMs: 1000,
    cause: new Error('Redis executed a script after its deadline'),
  })
}
