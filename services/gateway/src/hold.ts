import { randomUUIDv7 } from 'node:crypto'
import { mayFitSmaller } from '@lectern/shared/contracts/quota.ts'
import { NobodyThereError } from '@lectern/shared/nats/requester.ts'
import { boundOfPrompt, countable, type PromptCosts } from './bound.ts'
import { type ChatBody, choicesOf, outputCapOf } from './chat.ts'
import type { Denied, Granted, QuotaClient } from './clients/quota.ts'
import { Refused } from './denial.ts'
import type { Draft } from './policy.ts'
import type { Vocabulary } from './token-count.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { Operation } from './upstream/provider.ts'

/** Tokens held for one request. */
export interface Hold extends Granted {
  /** Names the reservation, and from now on the request and its record. */
  id: string
  /** Upper bound of the prompt's tokens that was held. */
  inputTokens: number
}

export interface HoldParts {
  quota: QuotaClient
  tokenizer: Tokenizer
  /** How long a hold may live when nobody ends it. */
  holdTtlMs: number
}

/** What the deployments of a model say about its tokens: any of them may get the request. */
export interface ModelTokens extends PromptCosts {
  /** `other`: one that we do not have; a tokenizer says nothing about it. */
  vocabularies: readonly (Vocabulary | 'other')[]
}

export interface Asker {
  id: string
  keyHash: string
  operation: Operation
  body: ChatBody
  tokens: ModelTokens
  /** The providers at which a key of the student's own would be used. */
  ownKeyAt: readonly string[]
  /** Null: the published prompt applies, as to everybody. */
  draft: Draft | null
}

/**
 * Holds the tokens of a request: by its bytes, which cost nothing to count; where the budget is too small for that, by what
 * a tokenizer counts, and only then with a lowered output cap, so that the last tokens of a week can be spent (P4). Throws
 * when it is refused; then nothing is held.
 */
export async function holdTokens(parts: HoldParts, asker: Asker, system: string | null): Promise<Hold> {
  const { keyHash, body, tokens } = asker
  const byBytes = boundOfPrompt(body, system, tokens)
  const first = await reserve(parts, asker, { id: asker.id, inputTokens: byBytes, lowerOutput: false })
  if (first.granted) return first
  if (!mayFitSmaller(first)) throw new Refused(first)

  const { texts, fixedTokens } = countable(body, system, tokens)
  const counted = await parts.tokenizer.bound(texts, tokens.vocabularies, keyHash)
  const inputTokens = Math.min(byBytes, fixedTokens + (counted ?? byBytes))
  // Another question than the first, so another id: a late answer to that one must never be taken for this one's.
  const second = await reserve(parts, asker, { id: randomUUIDv7(), inputTokens, lowerOutput: true })
  if (!second.granted) throw new Refused(second)
  return second
}

async function reserve(
  { quota, holdTtlMs }: HoldParts,
  { keyHash, body, ownKeyAt }: Asker,
  { id, inputTokens, lowerOutput }: { id: string; inputTokens: number; lowerOutput: boolean },
): Promise<Hold | Denied> {
  const question = {
    reservationId: id,
    keyHash,
    model: body.model,
    inputTokens,
    maxOutputTokens: outputCapOf(body),
    choices: choicesOf(body),
    lowerOutput,
    ...(ownKeyAt.length > 0 ? { ownKeyAt: [...ownKeyAt] } : {}),
    ttlMs: holdTtlMs,
  }
  const reservation = await quota.reserve(question).catch((error: unknown) => {
    // Whether it was carried out is unknown, unless it reached nobody; a hold for nothing must not wait for its expiry.
    if (!(error instanceof NobodyThereError)) void quota.release(id, keyHash)
    throw error
  })
  if (reservation.granted) return { ...reservation, id, inputTokens }
  if (reservation.reason === 'invalid_api_key') quota.forget(keyHash)
  return reservation
}
