import { type Clock, systemClock } from '@lectern/shared/clock.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { type Redis, serversOf } from '@lectern/shared/redis/connect.ts'

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
  /** Resolves when it is known for the first time: Redis has answered. */
  readonly known: Promise<void>
}

// Clocks drift by milliseconds an hour; a step (NTP, a migrated machine) is seen after this long.
const MEASURE_EVERY_MS = 10_000
// The rest of the command's timeout is for the way back, so that what was executed was also answered in time.
const DEADLINE_PART = 0.75

// A new connection: of a whole cluster, and of one of its nodes.
const CONNECTED = ['ready', '+node'] as const

/**
 * Measures how far Redis's clock is from ours, at each new connection and from time to time. Each node of a cluster has a
 * clock of its own; the one that is furthest behind counts for all, so that no deadline is later than it should be.
 */
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
  let offsets = new Map<string, number>()
  const known = Promise.withResolvers<void>()
  const injected = clock !== systemClock

  async function measure(): Promise<void> {
    const measured = await Promise.all(
      serversOf(redis).map(async ({ name, server }): Promise<[string, number][]> => {
        // A failure needs no care: the last offset still holds, and a lost connection is measured again when it is back.
        const offset = await measureMs(server).catch(() => offsets.get(name))
        return offset === undefined ? [] : [[name, offset]]
      }),
    )
    if (measured.flat().length === 0) return
    offsets = new Map(measured.flat())
    offsetMs = Math.min(...offsets.values())
    known.resolve()
  }
  const tryToMeasure = () => void measure()
  const timer = setInterval(tryToMeasure, MEASURE_EVERY_MS).unref()
  for (const event of CONNECTED) redis.on(event, tryToMeasure)
  closing.defer(() => {
    clearInterval(timer)
    for (const event of CONNECTED) redis.off(event, tryToMeasure)
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
    known: known.promise,
  }
}

/** How much later it is in this server than here. */
async function measureMs(server: { time(): Promise<(number | string)[]> }): Promise<number> {
  const sentMs = Date.now()
  const [seconds = 0, microseconds = 0] = (await server.time()).map(Number)
  return seconds * 1000 + microseconds / 1000 - (sentMs + Date.now()) / 2
}

/** A command that came to Redis too late did nothing; its caller is told to try again. */
export function tooLate(): LecternError {
  return new LecternError('service_unavailable', {
    retryAfterMs: 1000,
    cause: new Error('Redis executed a script after its deadline'),
  })
}
