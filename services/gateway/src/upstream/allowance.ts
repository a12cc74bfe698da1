import type { Fleet } from './fleet.ts'
import { Minute } from './minute.ts'

/** What a provider allows one deployment, all gateways together; absent: no limit. */
export interface DeploymentLimits {
  parallel?: number
  requestsPerMinute?: number
  tokensPerMinute?: number
}

export type LimitName = keyof DeploymentLimits

/** A request that counts against an allowance. */
export interface Ticket {
  /** What it really used is known. */
  used(tokens: number): void
  /** It is no longer at the provider. */
  end(): void
}

/** Somebody in line; called when there is room for one. */
export type Waiter = () => void

/** How long to wait where nobody can know when a running request ends. */
const SHORT_WAIT_MS = 1000

/**
 * This gateway's part of a deployment's limits, and who waits for a place there. A minute is the last 60 s, whenever one looks:
 * a bucket that refills would let twice as much through in the first of them. A request counts with all the tokens that it may use until it
 * is known what it did; it may go as long as something is left, so the last one may exceed the part: else a long prompt would never get its turn.
 */
export class Allowance {
  readonly #requests: Minute
  readonly #tokens: Minute
  readonly #line = new Map<Waiter, number>()
  readonly #limits: { name: LimitName; usable: () => number; used: () => number }[]
  #inFlight = 0

  /** `name` is the deployment's, the same at all gateways; `fleet` null: there is no other gateway. */
  constructor(
    limits: DeploymentLimits,
    { name, fleet = null, nowMs = () => performance.now() }: AllowanceOptions,
  ) {
    this.#requests = new Minute(nowMs)
    this.#tokens = new Minute(nowMs)
    const uses: Record<LimitName, { used: () => number; waiting: () => number }> = {
      parallel: { used: () => this.#inFlight, waiting: () => this.#line.size },
      requestsPerMinute: { used: () => this.#requests.used, waiting: () => this.#line.size },
      tokensPerMinute: { used: () => this.#tokens.used, waiting: () => this.#waitingTokens() },
    }
    this.#limits = LIMIT_NAMES.flatMap(limitName => {
      const limit = limits[limitName]
      if (limit === undefined) return []
      const { used, waiting } = uses[limitName]
      const usage = {
        get used() {
          return used()
        },
        get waiting() {
          return waiting()
        },
      }
      const isPerMinute = limitName !== 'parallel'
      const usable = fleet?.share(`${name} ${limitName}`, limit, usage, isPerMinute) ?? (() => limit)
      return [{ name: limitName, usable, used }]
    })
    fleet?.watch(() => this.serve())
  }

  /** The limit that lets nobody in now; null: there is room. */
  get reached(): LimitName | null {
    return this.#limits.find(({ usable, used }) => used() >= usable())?.name ?? null
  }

  /** Whether somebody who comes now may go at once: not where others wait. */
  get isOpen(): boolean {
    return this.#line.size === 0 && this.reached === null
  }

  /** When there may be room again. */
  get roomInMs(): number {
    const { reached } = this
    if (reached === 'requestsPerMinute') return this.#requests.lessInMs || SHORT_WAIT_MS
    if (reached === 'tokensPerMinute') return this.#tokens.lessInMs || SHORT_WAIT_MS
    return SHORT_WAIT_MS
  }

  /** A request goes there. */
  take(tokens: number): Ticket {
    this.#inFlight += 1
    this.#requests.add(1)
    const setRight = this.#tokens.add(tokens)
    return {
      used: setRight,
      end: () => {
        this.#inFlight -= 1
        this.serve()
      },
    }
  }

  /** Waits in line with a request that may use so many tokens. The waiter takes a place and leaves the line, when it is called. */
  enter(waiter: Waiter, tokens: number): void {
    this.#line.set(waiter, tokens)
  }

  leave(waiter: Waiter): void {
    this.#line.delete(waiter)
  }

  /** Lets those in who have waited longest, as far as there is room. */
  serve(): void {
    for (const [waiter] of this.#line) {
      if (this.reached !== null) return
      waiter()
    }
  }

  #waitingTokens(): number {
    let sum = 0
    for (const tokens of this.#line.values()) sum += tokens
    return sum
  }
}

const LIMIT_NAMES = ['parallel', 'requestsPerMinute', 'tokensPerMinute'] as const

export interface AllowanceOptions {
  name: string
  fleet?: Fleet | null
  nowMs?: () => number
}
