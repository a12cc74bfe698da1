import type { RateLimits } from '@lectern/shared/contracts/quota.ts'

/** A student's limits in OpenAI's names: official clients and agents read them to slow down by themselves. */
export function rateLimitHeaders(limits: RateLimits | null): Record<string, string> {
  if (limits === null) return {}
  const { tokensPerMinute, tokensRemaining, tokensResetMs } = limits
  return {
    'x-ratelimit-limit-requests': String(limits.requestsPerMinute),
    'x-ratelimit-remaining-requests': String(Math.max(0, limits.requestsRemaining)),
    'x-ratelimit-reset-requests': durationText(limits.requestsResetMs),
    ...(tokensPerMinute === null
      ? {}
      : {
          'x-ratelimit-limit-tokens': String(tokensPerMinute),
          'x-ratelimit-remaining-tokens': String(Math.max(0, tokensRemaining ?? 0)),
          'x-ratelimit-reset-tokens': durationText(tokensResetMs ?? 0),
        }),
  }
}

/** As OpenAI (and Go) write it: `20ms`, `1s`, `8.64s`, `6m0s`, `1h0m0s`. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms))
  if (whole > 0 && whole < 1000) return `${whole}ms`
  const minutes = Math.floor(whole / 60_000)
  const seconds = `${(whole - minutes * 60_000) / 1000}s`
  if (minutes === 0) return seconds
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}
