/** Half of what was learned has faded after about 7 s: long enough to average, short enough to notice a bad minute. */
const DECAY_MS = 10_000

/**
 * How busy and how slow one deployment is, as this gateway sees it. The time to the first token is a *peak* EWMA, as in
 * Finagle's balancer (twitter.github.io/finagle/guide/Clients.html#p2c-peak-ewma): a slower one counts at once and in full,
 * faster ones only as time passes, so that a deployment which becomes slow is avoided before its average shows it.
 */
export class Load {
  /** Requests on their way there. */
  inFlight = 0
  readonly #nowMs: () => number
  #firstTokenMs = 0
  #learnedAtMs = 0

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** The answer of a request has begun, after so long. */
  learn(firstTokenMs: number): void {
    const nowMs = this.#nowMs()
    const kept = Math.exp(-(nowMs - this.#learnedAtMs) / DECAY_MS)
    const averaged = this.#firstTokenMs * kept + firstTokenMs * (1 - kept)
    this.#firstTokenMs = firstTokenMs > this.#firstTokenMs ? firstTokenMs : averaged
    this.#learnedAtMs = nowMs
  }

  /**
   * What one more request there is expected to wait, in milliseconds: the smaller the better. One of which nothing is known
   * is tried at once, but not by everybody before the first has come back.
   */
  get costMs(): number {
    if (this.#firstTokenMs === 0) return this.inFlight === 0 ? 0 : Number.MAX_SAFE_INTEGER / 2 + this.inFlight
    const kept = Math.exp(-(this.#nowMs() - this.#learnedAtMs) / DECAY_MS)
    return this.#firstTokenMs * kept * (this.inFlight + 1)
  }
}
