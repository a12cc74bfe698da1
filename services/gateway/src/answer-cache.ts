import { createHash } from 'node:crypto'
import { tokensToCharge } from '@lectern/shared/charge.ts'
import type { AnswerCaching } from '@lectern/shared/contracts/quota.ts'
import type { Usage } from '@lectern/shared/contracts/records.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter } from '@lectern/shared/metrics.ts'
import { LRUCache } from 'lru-cache'
import type { Admission } from './admission.ts'
import { type ChatBody, choicesOf } from './chat.ts'
import type { Ending } from './outcome.ts'
import type { ReadyAnswer } from './ready-answer.ts'
import type { Operation } from './upstream/provider.ts'

/**
 * Gives an answer again to the very same question, where the course wants that. In the memory of this process alone: each
 * replica has its own, and a restart forgets it.
 */
export interface AnswerCache {
  /** Looks a request up; null: it is none that is ever answered again. */
  lookUp(request: CacheableRequest): CacheSlot | null
}

export interface CacheableRequest {
  admission: Admission
  body: ChatBody
  operation: Operation
}

/** The place of one question. */
export interface CacheSlot {
  found: FoundAnswer | null
  /** Keeps an answer that a provider gave, if it is one that can be given again. */
  keep(ending: Ending, usage: Usage): void
}

export interface FoundAnswer {
  answer: ReadyAnswer
  usage: Usage
  charge: AnswerCaching['charge']
}

interface Entry {
  answer: ReadyAnswer
  usage: Usage
  keptAtMs: number
}

const lookups = createCounter(METRIC.answerCache)

/** Longer questions are hardly asked twice, and would cost everybody's time to compare. */
const MOST_QUESTION_CHARACTERS = 128 * 1024
const MOST_ANSWER_CHARACTERS = 1024 ** 2
/** Beside the text: key, usage, and what the cache itself keeps. */
const ENTRY_BYTES = 600
const MINUTE_MS = 60_000

/** The question does not depend on them: how the answer is sent, and who asks. */
const IGNORED = new Set(['stream', 'stream_options', 'user'])
/** Fields that we know to mean the same tomorrow. With any other, as one that asks for a search, nothing is kept. */
const KNOWN = new Set([
  ...[
    'model',
    'messages',
    'n',
    'max_tokens',
    'max_completion_tokens',
    'stop',
    'seed',
    'temperature',
    'top_p',
  ],
  ...[
    'presence_penalty',
    'frequency_penalty',
    'logit_bias',
    'response_format',
    'reasoning_effort',
    'verbosity',
  ],
  ...['metadata', 'store', 'prompt_cache_key', 'safety_identifier', 'service_tier'],
])

/** `mostBytes` 0: nothing is kept. */
export function createAnswerCache(
  mostBytes: number,
  nowMs: () => number = () => performance.now(),
): AnswerCache {
  if (mostBytes === 0) return { lookUp: () => null }
  const entries = new LRUCache<string, Entry>({
    maxSize: mostBytes,
    sizeCalculation: ({ answer }) => 2 * answer.text.length + ENTRY_BYTES,
    perf: { now: nowMs },
  })

  return {
    lookUp({ admission, body, operation }) {
      const { answerCache: caching, ownKey, verdict } = admission
      // What a student pays is the student's alone, and a blocked question has its answer.
      if (!caching || ownKey || verdict.blockedWith !== null) return null
      if (operation !== 'chat' || !isRepeatable(body)) return null
      const key = keyOf(admission, body)
      const entry = entries.get(key)
      const isHit =
        entry !== undefined &&
        // The course may have shortened the time since.
        nowMs() - entry.keptAtMs <= caching.minutes * MINUTE_MS &&
        isCovered(entry.usage, admission)
      lookups.add(1, { result: isHit ? 'hit' : 'miss' })
      return {
        found: isHit ? { answer: entry.answer, usage: entry.usage, charge: caching.charge } : null,
        keep(ending, usage) {
          const answer = repeatableAnswer(ending)
          if (!answer) return
          entries.set(key, { answer, usage, keptAtMs: nowMs() }, { ttl: caching.minutes * MINUTE_MS })
        },
      }
    },
  }
}

/** Whether the same question may be given the same answer: text that asks for text, once, and calls nothing. */
function isRepeatable(body: ChatBody): boolean {
  if (choicesOf(body) > 1) return false
  if (!Object.keys(body).every(name => KNOWN.has(name) || IGNORED.has(name))) return false
  let characters = 0
  for (const { role, content, ...rest } of body.messages) {
    if (role === 'tool' || role === 'function' || 'tool_calls' in rest || 'function_call' in rest)
      return false
    for (const part of Array.isArray(content) ? content : [content]) {
      const text: unknown = typeof part === 'string' ? part : part?.type === 'text' ? part.text : undefined
      if (typeof text !== 'string') return false
      characters += text.length
    }
  }
  return characters <= MOST_QUESTION_CHARACTERS
}

/** P1: the tokens of this request's hold must pay for the answer; where its output cap was lowered, they may not. */
function isCovered(usage: Usage, { weights, tokensHeld, maxOutputTokens }: Admission): boolean {
  return usage.outputTokens <= maxOutputTokens && tokensToCharge(usage, weights) <= tokensHeld
}

/** Only a whole answer to the end, as a provider gave it. */
function repeatableAnswer({ outcome, error, deployment, answers }: Ending): ReadyAnswer | null {
  const [answer, ...others] = answers
  if (outcome !== 'completed' || error || !deployment || !answer || others.length > 0) return null
  const { text, toolCalls, finishReason } = answer
  if (toolCalls.length > 0 || finishReason !== 'stop') return null
  if (text === '' || text.length > MOST_ANSWER_CHARACTERS) return null
  return { text, finishReason }
}

/** Of one course alone, with the staff's text that is in force. */
function keyOf({ courseId, verdict }: Admission, body: ChatBody): string {
  const asked = Object.entries(body).filter(([name]) => !IGNORED.has(name))
  const question = [courseId, verdict.prompt?.id ?? null, verdict.system, Object.fromEntries(asked)]
  return createHash('sha256').update(JSON.stringify(question, inOrder)).digest('base64')
}

/** The same fields in another order are the same question. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
