import { PATIENCE_MS, type Seen } from './load.ts'

/** What students may notice of a fault: nothing, clear refusals, or answers that break off as well. */
export type Noticed = 'nothing' | 'refusals' | 'breaks'

export interface Tolerance {
  noticed: Noticed
  isTight(student: string): boolean
}

/** Every answer that a student should not have got: each outage has a defined one (P11), and no refusal is false (P4). */
export function wrongAnswers(seen: readonly Seen[], tolerance: Tolerance): string[] {
  return seen
    .filter(answer => !isRight(answer, tolerance))
    .map(
      ({ kind, status, code, retryAfter, tookMs, id }) =>
        `P11: ${kind} ${id} got ${status} ${code ?? ''} retry-after ${retryAfter}, after ${Math.round(tookMs)} ms`,
    )
}

function isRight(answer: Seen, { noticed, isTight }: Tolerance): boolean {
  const { kind, status, code, retryAfter, ended, tookMs } = answer
  if (tookMs >= PATIENCE_MS) return false
  if (ended || (kind === 'leave' && status === 200 && code === null)) return true
  if (kind === 'fail' && status === 502 && code === 'provider_error') return true
  if (status === 429) {
    if (!isTight(answer.student)) return false
    return code === 'insufficient_quota' || (code === 'budget_in_use' && Number(retryAfter) >= 1)
  }
  if (noticed !== 'nothing' && isRefusal(answer)) return true
  return noticed === 'breaks' && isBreak(answer)
}

/** The connection broke, or the answer ended with an error, because its gateway died or stood still. */
function isBreak({ status, code, retryAfter }: Seen): boolean {
  if (status === 503) return code === 'overloaded' && Number(retryAfter) >= 1
  return status === null || status === 200 || code === 'provider_timeout'
}

/** Not now, and when to try again. */
export function isRefusal({ status, code, retryAfter }: Seen): boolean {
  return status === 503 && code === 'service_unavailable' && Number(retryAfter) >= 1
}
