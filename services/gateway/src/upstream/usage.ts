import type { Usage } from '@lectern/shared/contracts/records.ts'

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, source: 'none' }

interface ReportedUsage {
  prompt_tokens?: unknown
  completion_tokens?: unknown
  total_tokens?: unknown
  prompt_cache_hit_tokens?: unknown
  cached_tokens?: unknown
  prompt_tokens_details?: { cached_tokens?: unknown } | null
}

/** The usage that a provider reported in OpenAI's form; null when it is missing or is not made of counts. */
export function readUsage(reported: unknown): Usage | null {
  if (typeof reported !== 'object' || reported === null) return null
  const { prompt_tokens, completion_tokens, total_tokens, ...rest } = reported as ReportedUsage
  const inputTokens = countOf(prompt_tokens)
  const completion = countOf(completion_tokens ?? 0)
  if (inputTokens === null || completion === null) return null
  // Gemini counts what it thought only in the total.
  const outputTokens = Math.max(completion, (countOf(total_tokens) ?? 0) - inputTokens)
  // What OpenAI calls cached tokens has another name at DeepSeek, and another place at Moonshot.
  const cached =
    countOf(rest.prompt_tokens_details?.cached_tokens) ??
    countOf(rest.prompt_cache_hit_tokens) ??
    countOf(rest.cached_tokens) ??
    0
  return { inputTokens, outputTokens, cachedTokens: Math.min(cached, inputTokens), source: 'provider' }
}

/** What embeddings cost: nothing is written. Some servers name the total alone. */
export function readInputUsage(reported: unknown): Usage | null {
  if (typeof reported !== 'object' || reported === null) return null
  const { prompt_tokens, total_tokens } = reported as ReportedUsage
  const inputTokens = countOf(prompt_tokens ?? total_tokens)
  if (inputTokens === null) return null
  return { inputTokens, outputTokens: 0, cachedTokens: 0, source: 'provider' }
}

/** No request has more tokens; and such a number's charge, at the greatest weights, is still one that a record may carry. */
const MOST_TOKENS = 1e8

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MOST_TOKENS
    ? value
    : null
}
