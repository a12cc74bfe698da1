import { tokensToHold } from '@lectern/shared/charge.ts'
import type { ReplyOf, RequestOf } from '@lectern/shared/contracts/call.ts'
import { type Policy, ResolveCall } from '@lectern/shared/contracts/prompts.ts'
import {
  type AnswerCaching,
  AuthenticateCall,
  OwnBalanceCall,
  type OwnKey,
  type RateLimits,
  ReleaseCall,
  ReserveCall,
  type Weights,
} from '@lectern/shared/contracts/quota.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { createLog } from '@lectern/shared/log.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'

/** Quota and prompts as a gateway's test needs them: small, and answering what it is told. */

/** Of somebody of the staff. */
export const TRIAL_ACCOUNT = `trial.${'0'.repeat(64)}`

type Denied = Extract<ReplyOf<typeof ReserveCall>, { granted: false }>

/** What the small quota and prompts services of a test say; a test changes it as it goes. */
export interface Staff {
  deny: Denied | null
  week: number
  /** The week that `authenticate` names, when it lags behind the reservations. */
  hintedWeek: number | null
  known: boolean
  maxOutputTokens: number | null
  /** Tokens left in the week; null: more than enough. Decided as quota does. */
  left: number | null
  /** Tokens held by other requests. */
  held: number
  weights: Weights
  rateLimits: RateLimits
  models: string[]
  /** Null: no answer is given again. */
  answerCache: AnswerCaching | null
  /** Null: the course pays. */
  ownKey: OwnKey | null
  policy: Omit<Policy, 'courseId' | 'week'>
  /** Reservations are answered only after this. */
  beforeReserve: () => Promise<void>
  beforeResolve: () => Promise<void>
}

/** What they were asked. */
export interface Asked {
  reserve: RequestOf<typeof ReserveCall>[]
  release: string[]
  authenticate: number
  resolve: number
}

export function usualStaff(): Staff {
  return {
    deny: null,
    week: 3,
    hintedWeek: null,
    known: true,
    maxOutputTokens: null,
    left: null,
    held: 5,
    weights: { input: 1000, cachedInput: 1000, output: 1000 },
    rateLimits: {
      requestsPerMinute: 60,
      requestsRemaining: 59,
      requestsResetMs: 1000,
      tokensPerMinute: null,
      tokensRemaining: null,
      tokensResetMs: null,
    },
    models: [],
    answerCache: null,
    ownKey: null,
    policy: { prompt: { id: 'p1', version: 1, text: 'Be kind.' }, rules: [] },
    beforeReserve: async () => {},
    beforeResolve: async () => {},
  }
}

const GRANTED = 100_000
const USEFUL_OUTPUT = 16
const INSUFFICIENT = { granted: false, reason: 'insufficient_quota', retryAfterMs: null } as const
const RESETS_AT_MS = Date.UTC(2026, 10, 30)

/** `trialKeyHash`: of the one key that is no student's. */
export function answerAsStaff(
  bus: NatsConnection,
  {
    staff,
    asked,
    trialKeyHash,
    courseId,
  }: { staff: Staff; asked: Asked; trialKeyHash: string; courseId: string },
): void {
  const log = createLog('staff', 'silent')
  const responder = createResponder(bus, { queue: 'staff', log })
  const ownerOf = (keyHash: string) => ({
    studentId: keyHash === trialKeyHash ? TRIAL_ACCOUNT : 'ada',
    courseId,
  })
  responder.on(AuthenticateCall, async ({ keyHash }) => {
    asked.authenticate += 1
    if (!staff.known) return { known: false as const }
    const week = staff.hintedWeek ?? staff.week
    return { known: true as const, ...ownerOf(keyHash), week, defaultMaxTokens: 500, models: staff.models }
  })
  responder.on(ReserveCall, async request => {
    asked.reserve.push(request)
    await staff.beforeReserve()
    if (staff.deny) return staff.deny
    const wanted = request.maxOutputTokens ?? 500
    const { left, rateLimits } = staff
    const fitting = left === null ? wanted : Math.floor((left - request.inputTokens) / request.choices)
    if (fitting < (request.lowerOutput ? Math.min(wanted, USEFUL_OUTPUT) : wanted)) {
      return { ...INSUFFICIENT, remaining: left, held: staff.held, resetsAtMs: RESETS_AT_MS, rateLimits }
    }
    const maxOutputTokens = Math.min(wanted, staff.maxOutputTokens ?? wanted, fitting)
    const tokensHeld = tokensToHold({ ...request, maxOutputTokens }, staff.weights)
    return {
      granted: true as const,
      ...ownerOf(request.keyHash),
      week: staff.week,
      tokensHeld,
      maxOutputTokens,
      outputLowered: maxOutputTokens < wanted,
      remaining: (left ?? GRANTED) - tokensHeld,
      resetsAtMs: RESETS_AT_MS,
      weights: staff.weights,
      rateLimits,
      ...(staff.ownKey ? { ownKey: staff.ownKey } : {}),
      ...(staff.answerCache ? { answerCache: staff.answerCache } : {}),
    }
  })
  responder.on(ReleaseCall, async ({ reservationId }) => {
    asked.release.push(reservationId)
    return { released: true }
  })
  responder.on(OwnBalanceCall, async ({ keyHash }) => {
    if (!staff.known) return { known: false as const, reason: 'invalid_api_key' as const }
    const { held } = staff
    const remaining = staff.left ?? GRANTED - 10 - held
    const sums = { granted: GRANTED, used: GRANTED - held - remaining, held, remaining }
    return {
      known: true as const,
      balance: { ...ownerOf(keyHash), week: staff.week, ...sums, resetsAtMs: RESETS_AT_MS },
    }
  })
  responder.on(ResolveCall, async ({ courseId, week }) => {
    asked.resolve += 1
    const { policy } = staff
    await staff.beforeResolve()
    if (!policy) throw new LecternError('service_unavailable')
    return { courseId, week, ...policy }
  })
}
