import { randomUUIDv7 } from 'node:crypto'
import { type ErrorCode, LecternError } from '@lectern/shared/errors.ts'
import { NobodyThereError } from '@lectern/shared/nats/requester.ts'
import { boundOfPrompt } from './bound.ts'
import { type ChatBody, choicesOf, outputCapOf } from './chat.ts'
import type { PromptsClient } from './clients/prompts.ts'
import type { Granted, Identity, QuotaClient, Reservation } from './clients/quota.ts'
import { EMPTY_POLICY, judge, type Verdict } from './policy.ts'

/** A request that may go on: its hold, whose it is, and what the staff want done with it. */
export interface Admission extends Granted {
  /** Names the request, its reservation and its record. */
  id: string
  /** Upper bound of the prompt's tokens that was held. */
  inputTokens: number
  verdict: Verdict
}

export interface AdmissionParts {
  quota: QuotaClient
  prompts: PromptsClient
  /** How long a hold may live when nobody ends it. */
  holdTtlMs: number
}

export interface Application {
  id: string
  keyHash: string
  body: ChatBody
  /** Upper bound of the tokens of one image. */
  imageTokens: number
}

/**
 * Decides about a request and holds its tokens, before anything is sent anywhere. Throws when it is refused; then nothing
 * is held. The week of the prompt must be the week of the hold: where a week has just begun, both are asked for again.
 */
export async function admit(parts: AdmissionParts, application: Application): Promise<Admission> {
  const { keyHash } = application
  let { id } = application
  let identity = await identityOf(keyHash, parts.quota.identify(keyHash))
  for (let tries = 1; ; tries++) {
    const admission = await reserve(parts, { ...application, id }, identity)
    if (admission.week === identity.week && admission.courseId === identity.courseId) return admission
    parts.quota.release(id, keyHash)
    if (tries === 2) throw new LecternError('service_unavailable', { retryAfterMs: 1000 })
    id = randomUUIDv7()
    identity = await identityOf(keyHash, parts.quota.identifyNow(keyHash))
  }
}

async function identityOf(keyHash: string, found: Promise<Identity | null>): Promise<Identity> {
  const identity = await found
  if (!identity)
    throw new LecternError('invalid_api_key', { cause: new Error(`unknown key ${keyHash.slice(0, 8)}`) })
  return identity
}

async function reserve(
  { quota, prompts, holdTtlMs }: AdmissionParts,
  { id, keyHash, body, imageTokens }: Application,
  { courseId, week }: Identity,
): Promise<Admission> {
  const policy = week === null ? EMPTY_POLICY : await prompts.policy(courseId, week)
  const verdict = await judge(policy, body)
  const inputTokens = boundOfPrompt(body, verdict.system, imageTokens)
  const question = {
    reservationId: id,
    keyHash,
    model: body.model,
    inputTokens,
    maxOutputTokens: outputCapOf(body),
    choices: choicesOf(body),
    ttlMs: holdTtlMs,
  }
  const reservation = await quota.reserve(question).catch((error: unknown) => {
    // Whether it was carried out is unknown, unless it reached nobody; a hold for nothing must not wait for its expiry.
    if (!(error instanceof NobodyThereError)) quota.release(id, keyHash)
    throw error
  })
  if (reservation.granted) return { ...reservation, id, inputTokens, verdict }
  if (reservation.reason === 'invalid_api_key') quota.forget(keyHash)
  throw toError(reservation)
}

/** A denial is data until here; now it becomes words that say what to do next. */
export function toError(denial: Extract<Reservation, { granted: false }>): LecternError {
  const code: ErrorCode = denial.reason
  const message = denialText(denial)
  return new LecternError(code, {
    ...(message ? { message } : {}),
    ...(denial.reason === 'model_not_found' ? { param: 'model' } : {}),
    ...(denial.retryAfterMs === null ? {} : { retryAfterMs: denial.retryAfterMs }),
  })
}

function denialText({
  reason,
  remaining,
  resetsAtMs,
}: Extract<Reservation, { granted: false }>): string | null {
  const left = remaining === null ? '' : ` ${Math.max(0, remaining)} tokens are left.`
  const reset = resetsAtMs === null ? '' : ` The next week begins at ${atText(resetsAtMs)}.`
  if (reason === 'insufficient_quota') {
    return `Your token budget of this week does not allow this request.${left}${reset}`
  }
  if (reason === 'budget_in_use') {
    return `The rest of your budget is held by your requests that are still running.${left} Try again shortly.`
  }
  return null
}

/** An instant in words: `2026-11-30 00:00 UTC`. */
function atText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
