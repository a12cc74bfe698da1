import type { Exchange } from './exchange.ts'
import { Refusal, retryAfterMsOf } from './failure.ts'

/** One key of ours at a provider. */
export interface ApiKey {
  /** The variable that holds it: what logs and metrics may say. */
  name: string
  value: string
}

/** ready: requests go out with it. limited: it has used up a limit, and rests. refused: it is not taken, and rests for longer. */
export type KeyState = 'ready' | 'limited' | 'refused'

interface Held extends ApiKey {
  readyAtMs: number
  state: KeyState
}

/** A key that is refused (401), without credit (402) or forbidden (403) needs a person; until then it is tried now and then. */
const REFUSED = [401, 402, 403]
const REFUSED_REST_MS = 5 * 60_000
const TOO_MANY_REQUESTS = 429
/** Providers count by the minute, and let some requests through all the while. */
const LIMITED_REST_MS = 10_000

/**
 * The keys of one provider, by turns. One that is refused rests while others work; where all rest, the one that is ready
 * first is used all the same, because a rest of ours must not refuse what the provider might answer.
 */
export class ApiKeys {
  readonly #keys: readonly Held[]
  readonly #nowMs: () => number
  #turn = 0

  constructor(keys: readonly ApiKey[], nowMs: () => number = () => performance.now()) {
    this.#keys = keys.map(key => ({ ...key, readyAtMs: Number.NEGATIVE_INFINITY, state: 'ready' }))
    this.#nowMs = nowMs
  }

  /** What must never be logged or sent to anybody else. */
  get values(): readonly string[] {
    return this.#keys.map(({ value }) => value)
  }

  /** The state of each key under its name. */
  get states(): { name: string; state: KeyState }[] {
    return this.#keys.map(key => ({ name: key.name, state: this.#isReady(key) ? 'ready' : key.state }))
  }

  /**
   * Begins a request with the key whose turn it is (undefined: there is none), and learns from how it is answered. `statusOf`
   * is for providers that say 400 where they mean a key. A student's own key takes no turn, and teaches nothing.
   */
  use(
    begin: (key: string | undefined) => Exchange,
    statusOf: (refusal: Refusal) => number = ({ status }) => status,
    ownKey?: string,
  ): Exchange {
    if (ownKey !== undefined) return withOwnKey(begin(ownKey), ownKey)
    const key = this.#next()
    if (!key) return begin(undefined)
    const wasResting = !this.#isReady(key)
    const exchange = begin(key.value)
    exchange.head.then(
      () => {
        // Another one's late answer says nothing about a limit that was met since.
        if (wasResting) key.readyAtMs = Number.NEGATIVE_INFINITY
      },
      (error: unknown) => {
        if (!(error instanceof Refusal)) return
        error.keyName = key.name
        this.#refused(key, statusOf(error), retryAfterMsOf(error.headers))
      },
    )
    return exchange
  }

  /** Whether a refusal with this status is of the key alone, and another one is ready. */
  mayHelp(status: number): boolean {
    return isOfKey(status) && this.#keys.some(key => this.#isReady(key))
  }

  #next(): Held | undefined {
    const { length } = this.#keys
    const turns = this.#keys.map((_, index) => this.#keys[(this.#turn + index) % length] as Held)
    const key =
      turns.find(candidate => this.#isReady(candidate)) ??
      turns.reduce<Held | undefined>(
        (first, candidate) => (first && first.readyAtMs <= candidate.readyAtMs ? first : candidate),
        undefined,
      )
    if (key) this.#turn = (this.#keys.indexOf(key) + 1) % length
    return key
  }

  #refused(key: Held, status: number, retryAfterMs: number | undefined): void {
    if (!isOfKey(status)) return
    const isLimited = status === TOO_MANY_REQUESTS
    const restMs = isLimited ? Math.min(retryAfterMs ?? LIMITED_REST_MS, REFUSED_REST_MS) : REFUSED_REST_MS
    key.readyAtMs = Math.max(key.readyAtMs, this.#nowMs() + restMs)
    key.state = isLimited ? 'limited' : 'refused'
  }

  #isReady({ readyAtMs }: Held): boolean {
    return readyAtMs <= this.#nowMs()
  }
}

/** Whoever reads the refusal must know what to take out of it. */
function withOwnKey(exchange: Exchange, ownKey: string): Exchange {
  exchange.head.catch((error: unknown) => {
    if (error instanceof Refusal) error.ownKey = ownKey
  })
  return exchange
}

function isOfKey(status: number): boolean {
  return status === TOO_MANY_REQUESTS || REFUSED.includes(status)
}
