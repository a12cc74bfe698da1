import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import {
  CourseId,
  KeyHash,
  ModelName,
  Nullable,
  ProviderName,
  RequestId,
  StudentId,
  TimeMs,
  Tokens,
  Week,
} from './fields.ts'

/**
 * What the gateway asks the quota service while a request runs. A denial is data: its reason is a code of the error
 * catalogue, so that the gateway needs no second mapping.
 */

export const DenialReason = Type.Enum([
  'invalid_api_key',
  'course_closed',
  'model_not_found',
  'insufficient_quota',
  'budget_in_use',
  'rate_limit_exceeded',
  'too_many_parallel_requests',
])
export type DenialReason = Static<typeof DenialReason>

const Weight = Type.Integer({ minimum: 0, maximum: 1_000_000 })
/** What a model's tokens cost, in thousandths of a charged token: 1000 is one for one. See `charge.ts`. */
export const Weights = Type.Object({ input: Weight, cachedInput: Weight, output: Weight })
export type Weights = Static<typeof Weights>

/** What is left of the limits of a student, after this answer; `reset` is when all of a limit is there again. */
export const RateLimits = Type.Object({
  requestsPerMinute: Type.Integer(),
  requestsRemaining: Type.Integer(),
  requestsResetMs: Type.Integer(),
  /** Null: the course has no such limit. */
  tokensPerMinute: Nullable(Type.Integer()),
  tokensRemaining: Nullable(Type.Integer()),
  tokensResetMs: Nullable(Type.Integer()),
})
export type RateLimits = Static<typeof RateLimits>

/** A student's week in tokens. granted = used + held + remaining. */
export const Balance = Type.Object({
  studentId: StudentId,
  courseId: CourseId,
  week: Week,
  granted: Type.Integer(),
  used: Type.Integer(),
  held: Type.Integer(),
  remaining: Type.Integer(),
  resetsAtMs: TimeMs,
})
export type Balance = Static<typeof Balance>

/** A student's own key at a provider, encrypted by a gateway: only gateways can read it. */
export const SealedKey = Type.String({ pattern: '^v1[.][A-Za-z0-9_.-]{1,2000}$' })
export const OwnKey = Type.Object({ provider: ProviderName, sealed: SealedKey })
export type OwnKey = Static<typeof OwnKey>

/** What a course says of giving an answer again; see `answerCache` of the course. */
export const AnswerCaching = Type.Object({
  charge: Type.Enum(['free', 'charged']),
  minutes: Type.Integer({ minimum: 1 }),
})
export type AnswerCaching = Static<typeof AnswerCaching>

/**
 * Hold tokens for one request, before anything is sent upstream. Idempotent by `reservationId`: the same question gets
 * the same answer. What is held is `inputTokens + choices * maxOutputTokens` at the model's weights.
 */
export const ReserveCall = defineCall(
  'quota.reserve',
  Type.Object({
    reservationId: RequestId,
    keyHash: KeyHash,
    model: ModelName,
    /** Upper bound of the prompt's tokens, the staff's system prompt included. */
    inputTokens: Tokens,
    /** The client's own cap of output tokens per choice; null: the course's default. */
    maxOutputTokens: Nullable(Tokens),
    /** OpenAI's `n`. */
    choices: Type.Integer({ minimum: 1, maximum: 128 }),
    /**
     * Where that does not fit. True: wait a moment for open holds, and lower the output cap to what is left (never below
     * the useful minimum). False: deny at once, because the caller can then count the prompt more exactly.
     */
    lowerOutput: Type.Boolean(),
    /**
     * Providers that could answer, the first is the preferred one. Where the student has an own key at one of them and the
     * course allows that, it is to be used: then the weights are zero and nothing is held, so an empty budget refuses nothing.
     */
    ownKeyAt: Type.Optional(Type.Array(ProviderName, { maxItems: 100 })),
    /** How long the hold lives when nobody ends it. */
    ttlMs: Type.Integer({ minimum: 1000, maximum: 86_400_000 }),
  }),
  Type.Union([
    Type.Object({
      granted: Type.Literal(true),
      studentId: StudentId,
      courseId: CourseId,
      week: Week,
      tokensHeld: Tokens,
      /** The output cap per choice to send upstream. */
      maxOutputTokens: Tokens,
      /** True: the cap is lower than what was asked for, because the budget ends there. */
      outputLowered: Type.Boolean(),
      /** Tokens left in the week beside this and all other holds. */
      remaining: Type.Integer(),
      resetsAtMs: TimeMs,
      /** The request is charged with these, whatever the course says by then. */
      weights: Weights,
      rateLimits: RateLimits,
      /** Absent: the course pays. */
      ownKey: Type.Optional(OwnKey),
      /** Absent: no answer is given again. */
      answerCache: Type.Optional(AnswerCaching),
    }),
    Type.Object({
      granted: Type.Literal(false),
      reason: DenialReason,
      /** When trying again makes sense; null: not at all. */
      retryAfterMs: Nullable(Type.Integer({ minimum: 0 })),
      remaining: Nullable(Type.Integer()),
      /** By requests that still run: it may come back. Absent: not known, as where `remaining` is null. */
      held: Type.Optional(Type.Integer({ minimum: 0 })),
      resetsAtMs: Nullable(TimeMs),
      /** Null: nobody's key, or the course is closed. */
      rateLimits: Nullable(RateLimits),
    }),
  ]),
)

/** End a hold whose request was never sent upstream. Unknown or ended: nothing happens. */
export const ReleaseCall = defineCall(
  'quota.release',
  Type.Object({ reservationId: RequestId, keyHash: KeyHash }),
  Type.Object({ released: Type.Boolean() }),
)

/** Who a key belongs to, and what the course lets them do in the running week (null: outside the term). */
export const AuthenticateCall = defineCall(
  'quota.authenticate',
  Type.Object({ keyHash: KeyHash }),
  Type.Union([
    Type.Object({ known: Type.Literal(false) }),
    Type.Object({
      known: Type.Literal(true),
      studentId: StudentId,
      courseId: CourseId,
      week: Nullable(Week),
      defaultMaxTokens: Tokens,
      /** Public names that the course allows; empty: all. */
      models: Type.Array(ModelName),
    }),
  ]),
)

/** The balance of a key's owner in the running week. */
export const OwnBalanceCall = defineCall(
  'quota.balance',
  Type.Object({ keyHash: KeyHash }),
  Type.Union([
    Type.Object({ known: Type.Literal(true), balance: Balance }),
    Type.Object({ known: Type.Literal(false), reason: Type.Enum(['invalid_api_key', 'course_closed']) }),
  ]),
)

/**
 * Whether a smaller question could be granted after this denial: tokens are left, those held by running requests included. Where
 * those are not known (a quota service of another release), it could.
 */
export function mayFitSmaller(denial: {
  reason: DenialReason
  remaining: number | null
  held?: number
}): boolean {
  if (denial.reason === 'budget_in_use') return true
  return denial.reason === 'insufficient_quota' && (denial.remaining ?? 0) + (denial.held ?? Infinity) > 0
}
