import type { Fleet } from './fleet.ts'

/** What a provider allows one deployment, all gateways together; absent: no limit. */
export interface DeploymentLimits {
  parallel?: number
  requestsPerMinute?: number
  tokensPerMinute?: number
}

/** A request that counts against an allowance. */
export interface Ticket {
  /** It has ended: `tokens` is what it really used; undefined where that is unknown, and what it might have used counts. */
  end(tokens: number | undefined): void
}

const MINUTE_MS = 60_000

interface Use {
  atMs: number
  tokens: number
}

/**
 * This gateway's part of a deployment's limits. A minute is the last 60 s, whenever one looks: a bucket that refills would let
 * twice as much through in the first of them. It is the last minute of this process: what a gateway used that has gone since
 * is not known here. Where there are more gateways than a limit has places, some have none.
 */
export class Allowance {
  readonly #limits: DeploymentLimits
  readonly #fleet: Pick<Fleet, 'partOf'>
  readonly #nowMs: () => number
  /** Of the last minute, oldest first. */
  #uses: Use[] = []
  #inFlight = 0

  constructor(
    limits: DeploymentLimits,
    fleet: Pick<Fleet, 'partOf'>,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#limits = limits
    this.#fleet = fleet
    this.#nowMs = nowMs
  }

  /** Whether a request that may use so many tokens may go there now. One above the whole part goes when nothing else counts. */
  hasRoom(tokens: number): boolean {
    const { parallel, requestsPerMinute, tokensPerMinute } = this.#limits
    this.#forget()
    if (parallel !== undefined && this.#inFlight >= this.#fleet.partOf(parallel)) return false
    if (requestsPerMinute !== undefined && this.#uses.length >= this.#fleet.partOf(requestsPerMinute))
      return false
    if (tokensPerMinute === undefined) return true
    const used = this.#uses.reduce((sum, use) => sum + use.tokens, 0)
    return used === 0 || used + tokens <= this.#fleet.partOf(tokensPerMinute)
  }

  /** A request goes there. */
  take(tokens: number): Ticket {
    const use = { atMs: this.#nowMs(), tokens }
    this.#uses.push(use)
    this.#inFlight += 1
    return {
      end: used => {
        this.#inFlight -= 1
        use.tokens = used ?? use.tokens
      },
    }
  }

  #forget(): void {
    const fromMs = this.#nowMs() - MINUTE_MS
    if ((this.#uses[0]?.atMs ?? Number.POSITIVE_INFINITY) > fromMs) return
    this.#uses = this.#uses.filter(({ atMs }) => atMs > fromMs)
  }
}
