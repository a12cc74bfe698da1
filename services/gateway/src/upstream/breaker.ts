import type { UpstreamFailure } from './failure.ts'

/**
 * closed: requests go there. open: it has failed again and again, and rests. half_open: its rest is over, and one request
 * after the other finds out whether it answers.
 */
export type BreakerState = 'closed' | 'half_open' | 'open'

/** Fewer in a row are bad luck. */
const FAILURES_IN_A_ROW = 5
/** Each further failure doubles the rest: a provider that is down is asked once a minute. */
const FIRST_REST_MS = 2000
const LONGEST_REST_MS = 60_000

/**
 * The circuit breaker of one deployment: sends requests elsewhere while it does not begin to answer. Where there is no
 * elsewhere it is asked all the same, because a rest of ours must not refuse what it might answer.
 */
export class Breaker {
  readonly #nowMs: () => number
  #failures = 0
  #restMs = 0
  #openUntilMs = Number.NEGATIVE_INFINITY
  #isOpen = false
  #isTried = false

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  get state(): BreakerState {
    if (!this.#isOpen) return 'closed'
    return this.#nowMs() < this.#openUntilMs ? 'open' : 'half_open'
  }

  /** Whether the next request may go there. */
  get admits(): boolean {
    const { state } = this
    return state === 'closed' || (state === 'half_open' && !this.#isTried)
  }

  /** A request goes there; `answered`, `failed` or `undecided` must follow. */
  began(): void {
    if (this.state === 'half_open') this.#isTried = true
  }

  /** An answer began, or a refusal that is the student's own fault: it works. */
  answered(): void {
    this.#isOpen = false
    this.#isTried = false
    this.#failures = 0
    this.#restMs = 0
  }

  /** We ended it, or it never left: that says nothing about the provider. */
  undecided(): void {
    this.#isTried = false
  }

  /** No answer began. Opens at once where the provider says how long to wait, or where it was on trial. */
  failed({ retryAfterMs }: Pick<UpstreamFailure, 'retryAfterMs'>): void {
    this.#isTried = false
    this.#failures += 1
    if (!this.#isOpen && this.#failures < FAILURES_IN_A_ROW && retryAfterMs === undefined) return
    // What was still on its way when it opened must not make the rest longer.
    if (this.state === 'open' && retryAfterMs === undefined) return
    this.#isOpen = true
    this.#restMs = Math.min(Math.max(this.#restMs * 2, FIRST_REST_MS), LONGEST_REST_MS)
    const restMs = Math.min(retryAfterMs ?? this.#restMs, LONGEST_REST_MS)
    this.#openUntilMs = Math.max(this.#openUntilMs, this.#nowMs() + restMs)
  }
}
