import type { Weights } from './contracts/quota.ts'

/**
 * Tokens of a request at a model's weights, rounded up to whole tokens: the one formula of what is held and what is charged.
 * Big integers, because a number of tokens times a weight may be more than a double counts exactly.
 */
function weigh(uncached: number, cached: number, output: number, weights: Weights): number {
  const thousandths =
    BigInt(uncached) * BigInt(weights.input) +
    BigInt(cached) * BigInt(weights.cachedInput) +
    BigInt(output) * BigInt(weights.output)
  return Number((thousandths + 999n) / 1000n)
}

/** What a request holds: none of its prompt is taken for cached, and every choice for as long as it may get. */
export function tokensToHold(
  request: { inputTokens: number; choices: number; maxOutputTokens: number },
  weights: Weights,
): number {
  return weigh(request.inputTokens, 0, request.choices * request.maxOutputTokens, weights)
}

/** What a request is charged for its usage. Never more than was held, where the usage stayed within the bound. */
export function tokensToCharge(
  usage: { inputTokens: number; cachedTokens: number; outputTokens: number },
  weights: Weights,
): number {
  const cached = Math.min(usage.cachedTokens, usage.inputTokens)
  return weigh(usage.inputTokens - cached, cached, usage.outputTokens, weights)
}
