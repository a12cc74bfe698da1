import type { ReplyOf, RequestOf } from '@lectern/shared/contracts/call.ts'
import type {
  DenialReason,
  OwnKey,
  RateLimits,
  ReserveCall,
  Weights,
} from '@lectern/shared/contracts/quota.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Redis } from '@lectern/shared/redis/connect.ts'
import { toAnswerCaching } from '../answer-caching.ts'
import type { Need } from '../need.ts'
import { ALL_BUCKETS, type Bucket, bucketForKey, expiryName } from './keys.ts'
import { type RedisClock, tooLate } from './redis-clock.ts'
import { confirmScript, expireScript, reserveScript, settleScript } from './scripts.ts'

/** The holds in Redis: from reservation to their one end. Each operation is one script, idempotent by reservation id. */
export interface Reservations {
  reserve(request: RequestOf<typeof ReserveCall>): Promise<ReserveAnswer>
  end(bucket: Bucket, ending: Ending): Promise<EndAnswer>
  expire(bucket: Bucket, limit: number): Promise<EndedHold[]>
  /** Answers, for each account, how many of its reservations had been charged in Redis and were still waiting for the ledger. */
  confirm(bucket: Bucket, accounts: readonly ConfirmedEnds[]): Promise<number[]>
  /** How many holds are open in all buckets, without those that expire within seconds. */
  countOpen(): Promise<number>
}

export type ReserveAnswer = { answer: ReplyOf<typeof ReserveCall> } | { need: Need }

/** How a hold is to end. Without an account: whoever it belongs to. */
export interface Ending {
  reservationId: string
  kind: 'settle' | 'release'
  chargeTokens: number
  account?: { studentId: string; week: number }
  /** True: no message of the stream will bring this end again, so the expirer must carry it to the ledger. */
  toBeRecorded?: boolean
}

/**
 * `fresh`: this call ended it. `repeat`: it had ended so before. `unknown`: only the ledger can tell; a release without an
 * account then also ends the reservation that may come after it.
 */
export type EndAnswer =
  | { state: 'fresh'; wasExpired: boolean; tokensHeld: number }
  | { state: 'repeat' | 'conflict' | 'unknown' }

/** Reservations of one account, of which the ledger has the end. */
export interface ConfirmedEnds {
  studentId: string
  week: number
  reservationIds: readonly string[]
}

/** A hold that ended in Redis without a message of the stream. */
export interface EndedHold {
  reservationId: string
  kind: 'expire' | 'release'
  studentId: string
  courseId: string
  week: number
  model: string
  tokensHeld: number
}

// An ended hold answers repeats for this long; afterwards the ledger does. Retries come within seconds.
export const KEEP_ENDED_S = 600
// How long one process has to bring an end into the ledger before the next one tries.
const ATTEND_AFTER_MS = 5000

export function createReservations({
  redis,
  clock,
  minimumOutputTokens,
}: {
  redis: Redis
  clock: RedisClock
  minimumOutputTokens: number
}): Reservations {
  const times = () => ({ now_ms: clock.scriptNowMs(), deadline_ms: clock.deadlineMs() })

  return {
    async reserve(request) {
      const bucket = bucketForKey(request.keyHash)
      const args = {
        ...times(),
        reservation: request.reservationId,
        key_hash: request.keyHash,
        model: request.model,
        input_tokens: request.inputTokens,
        max_output_tokens: request.maxOutputTokens ?? -1,
        choices: request.choices,
        ttl_ms: request.ttlMs,
        least_output_tokens: request.lowerOutput ? minimumOutputTokens : -1,
        own_key_at: request.ownKeyAt?.join(' ') ?? '',
      }
      const { reply, values } = await reserveScript.run(redis, { bucket }, args)
      if (reply === 'granted') return { answer: toGranted(values) }
      if (reply === 'denied') return { answer: toDenied(values) }
      if (reply === 'need') return { need: toNeed(bucket, request.keyHash, values) }
      if (reply === 'conflict')
        throw new LecternError('conflict', { message: 'This reservation id was used for another request.' })
      if (reply === 'released')
        throw new LecternError('conflict', { message: 'This reservation was given up before it was made.' })
      throw tooLate()
    },

    async end(bucket, { reservationId, kind, chargeTokens, account, toBeRecorded = false }) {
      const { reply, values } = await settleScript.run(
        redis,
        { bucket },
        {
          ...times(),
          reservation: reservationId,
          end: kind,
          student: account?.studentId ?? '',
          week: account?.week ?? '',
          charge_tokens: chargeTokens,
          attend_after_ms: toBeRecorded ? 0 : ATTEND_AFTER_MS,
          keep_ended_s: KEEP_ENDED_S,
        },
      )
      if (reply === 'late') throw tooLate()
      if (reply !== 'ended') return { state: reply }
      return { state: 'fresh', wasExpired: values[0] === 'expired', tokensHeld: Number(values[1]) }
    },

    async expire(bucket, limit) {
      const args = { ...times(), limit, attend_after_ms: ATTEND_AFTER_MS }
      const { reply, values } = await expireScript.run(redis, { bucket }, args)
      if (reply === 'late') throw tooLate()
      return values.map(toEndedHold)
    },

    async confirm(bucket, accounts) {
      const named = accounts.map(({ studentId, week, reservationIds }) => [
        studentId,
        week,
        ...reservationIds,
      ])
      const args = {
        deadline_ms: clock.deadlineMs(),
        accounts: JSON.stringify(named),
        keep_ended_s: KEEP_ENDED_S,
      }
      const { reply, values } = await confirmScript.run(redis, { bucket }, args)
      if (reply === 'late') throw tooLate()
      return values.map(Number)
    },

    async countOpen() {
      // What ended and waits for the ledger is in the same set, due sooner than this (clocks differ by less than a second).
      const beyondMs = clock.nowMs() + ATTEND_AFTER_MS + 1000
      const counts = ALL_BUCKETS.map(bucket => redis.zcount(expiryName(bucket), `(${beyondMs}`, '+inf'))
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
    },
  }
}

function toGranted(values: string[]): ReplyOf<typeof ReserveCall> {
  const [studentId = '', courseId = '', week, tokensHeld, cap, lowered, remaining, ...more] = values
  const [resetsAtMs, weights = '', own, cache, limits = ''] = more
  return {
    granted: true,
    studentId,
    courseId,
    week: Number(week),
    tokensHeld: Number(tokensHeld),
    maxOutputTokens: Number(cap),
    outputLowered: lowered === '1',
    remaining: Number(remaining),
    resetsAtMs: Number(resetsAtMs),
    weights: toWeights(weights),
    rateLimits: toRateLimits(limits),
    ...(own ? { ownKey: toOwnKey(own) } : {}),
    ...(cache ? { answerCache: toAnswerCaching(cache) } : {}),
  }
}

function toOwnKey(text: string): OwnKey {
  const [provider = '', sealed = ''] = text.split(' ')
  return { provider, sealed }
}

function toWeights(text: string): Weights {
  const [input = 0, cachedInput = 0, output = 0] = text.split(' ').map(Number)
  return { input, cachedInput, output }
}

function toRateLimits(text: string): RateLimits {
  const [requests, requestsRemaining, requestsResetMs, tokens, tokensRemaining, tokensResetMs] = text
    .split(' ')
    .map(part => (part === '-' ? null : Number(part)))
  return {
    requestsPerMinute: requests ?? 0,
    requestsRemaining: requestsRemaining ?? 0,
    requestsResetMs: requestsResetMs ?? 0,
    tokensPerMinute: tokens ?? null,
    tokensRemaining: tokensRemaining ?? null,
    tokensResetMs: tokensResetMs ?? null,
  }
}

function toDenied([reason, retryAfterMs, remaining, held, resetsAtMs, limits]: string[]): ReplyOf<
  typeof ReserveCall
> {
  const orNull = (text: string | undefined) => (text ? Number(text) : null)
  return {
    granted: false,
    reason: reason as DenialReason,
    retryAfterMs: orNull(retryAfterMs),
    remaining: orNull(remaining),
    ...(held ? { held: Number(held) } : {}),
    resetsAtMs: orNull(resetsAtMs),
    rateLimits: limits ? toRateLimits(limits) : null,
  }
}

function toNeed(bucket: Bucket, keyHash: string, values: string[]): Need {
  const [what, epoch = '', courseId = '', studentId = '', week] = values
  if (what === 'key') return { what, bucket, epoch, keyHash }
  if (what === 'course') return { what, bucket, epoch, courseId }
  if (what === 'own_keys') return { what, bucket, epoch, studentId }
  if (what === 'account') return { what, account: { courseId, studentId, week: Number(week) } }
  return { what: 'epoch', bucket }
}

function toEndedHold(json: string): EndedHold {
  const [reservationId = '', state, studentId = '', courseId = '', week, model = '', tokens] = JSON.parse(
    json,
  ) as string[]
  return {
    reservationId,
    kind: state === 'expired' ? 'expire' : 'release',
    studentId,
    courseId,
    week: Number(week),
    model,
    tokensHeld: Number(tokens),
  }
}
