import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Answered } from './connection.ts'
import type { Outcome, Times } from './plan.ts'

// An HDR histogram: three figures of whatever is recorded, in microseconds up to two minutes.
const histogram = () => createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 })

/** Adds up the turns of one scenario at one contender. */
export class Series {
  readonly #total = histogram()
  readonly #first = histogram()
  readonly #errors: Record<string, number> = {}
  #requests = 0
  #inTime = 0
  #seconds = 0
  #turnRequests = 0
  open = 0

  beginTurn(seconds: number): void {
    this.#seconds += seconds
    this.#turnRequests = 0
  }

  /** `dueAtMs`: when the request should have been sent. A failed one has no latency. */
  add(dueAtMs: number, untilMs: number, { firstAtMs, endAtMs, error }: Answered): void {
    this.#requests += 1
    this.#turnRequests += 1
    if (error) {
      this.#errors[error] = (this.#errors[error] ?? 0) + 1
      return
    }
    if (endAtMs <= untilMs) this.#inTime += 1
    record(this.#total, endAtMs - dueAtMs)
    record(this.#first, firstAtMs - dueAtMs)
  }

  outcome(): Outcome {
    return {
      requests: this.#requests,
      perSecond: this.#inTime / this.#seconds,
      errors: this.#errors,
      open: this.open,
      total: timesOf(this.#total),
      first: timesOf(this.#first),
      turnRequests: this.#turnRequests,
    }
  }
}

function record(into: RecordableHistogram, ms: number): void {
  into.record(Math.max(1, Math.round(ms * 1000)))
}

function timesOf(of: RecordableHistogram): Times {
  const at = (percent: number) => (of.count === 0 ? Number.NaN : of.percentile(percent) / 1000)
  return { p50Ms: at(50), p95Ms: at(95), p99Ms: at(99) }
}
