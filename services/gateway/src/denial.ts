import type { RateLimits } from '@lectern/shared/contracts/quota.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { NEVER_MS } from '@lectern/shared/week.ts'
import type { Denied } from './clients/quota.ts'

/** A denial is data until here; now it becomes words that say what to do next, and keeps the limits that it came with. */
export class Refused extends LecternError {
  readonly rateLimits: RateLimits | null

  constructor(denial: Denied) {
    const message = denialText(denial)
    super(denial.reason, {
      ...(message ? { message } : {}),
      ...(denial.reason === 'model_not_found' ? { param: 'model' } : {}),
      ...(denial.retryAfterMs === null ? {} : { retryAfterMs: denial.retryAfterMs }),
    })
    this.rateLimits = denial.rateLimits
  }
}

function denialText({ reason, remaining, resetsAtMs }: Denied): string | null {
  const left = remaining === null ? '' : ` ${Math.max(0, remaining)} tokens are left.`
  // What is after the last week has no end; and after a week there need not be another one.
  const end = resetsAtMs === null || resetsAtMs >= NEVER_MS ? '' : ` The week ends at ${atText(resetsAtMs)}.`
  if (reason === 'insufficient_quota') {
    return `Your token budget of this week does not allow this request.${left}${end}`
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
