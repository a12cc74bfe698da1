import { once } from 'node:events'
import { type Directive, withoutFaults } from './directive.ts'

// Ids of tests that ended are never asked for again; the oldest go first.
const MOST_IDS = 10_000

/** What the control endpoint has decided for the requests to come. */
export class Control {
  #always: Directive = {}
  #next: { directive: Directive; times: number } = { directive: {}, times: 0 }
  #keys: Set<string> | null = null
  readonly #seen = new Map<string, number>()
  readonly #held = new Map<string, Set<AbortController>>()

  /** Sets the directive of all requests (null), or of the next so many. */
  direct(directive: Directive, times: number | null): void {
    if (times === null) this.#always = directive
    else this.#next = { directive, times }
  }

  /** From now on only these API keys are accepted; null accepts all, and none at all. */
  accept(keys: string[] | null): void {
    this.#keys = keys && new Set(keys)
  }

  /** Whether a request with this `Authorization` may be answered. */
  accepts(authorization: string | undefined): boolean {
    return this.#keys === null || this.#keys.has(authorization?.replace(/^Bearer\s+/i, '') ?? '')
  }

  /** The directive of a request that has just arrived; counts it. What its message says wins. */
  take(fromMessage: Directive): Directive {
    const next = this.#next.times > 0 ? this.#next.directive : {}
    if (this.#next.times > 0) this.#next.times -= 1
    const directive = { ...this.#always, ...next, ...fromMessage }
    return this.#isSpent(directive) ? withoutFaults(directive) : directive
  }

  /** Waits until the name is released; rejects when the client goes first. */
  async hold(name: string, gone: AbortSignal): Promise<void> {
    const held = this.#held.getOrInsertComputed(name, () => new Set())
    const released = new AbortController()
    held.add(released)
    try {
      await once(released.signal, 'abort', { signal: gone })
    } finally {
      held.delete(released)
      if (held.size === 0 && this.#held.get(name) === held) this.#held.delete(name)
    }
  }

  /** Lets all requests that are held under this name go on, and says how many they were. */
  release(name: string): number {
    const held = this.#held.get(name) ?? new Set()
    this.#held.delete(name)
    for (const released of held) released.abort()
    return held.size
  }

  /** How many requests are held under a name at this moment. */
  held(name: string): number {
    return this.#held.get(name)?.size ?? 0
  }

  /** Everything as after the start; what was held goes on. */
  reset(): void {
    this.#always = {}
    this.#next = { directive: {}, times: 0 }
    this.#keys = null
    this.#seen.clear()
    for (const name of [...this.#held.keys()]) this.release(name)
  }

  /** What is in force, for people and for tests that wait for a hold. */
  state() {
    const held = Object.fromEntries([...this.#held].map(([name, set]) => [name, set.size]))
    const next = this.#next.times > 0 ? this.#next : null
    return { directive: this.#always, next, keysChecked: this.#keys !== null, held }
  }

  #isSpent({ id, times }: Directive): boolean {
    if (id === undefined || times === undefined) return false
    const seen = this.#seen.get(id) ?? 0
    this.#seen.set(id, seen + 1)
    const oldest = this.#seen.keys().next().value
    if (this.#seen.size > MOST_IDS && oldest !== undefined) this.#seen.delete(oldest)
    return seen >= times
  }
}
