const SECOND_MS = 1000
/** The running second and the sixty before it: what is in them covers the last 60 s wherever a second began. */
const SECONDS = 61

/**
 * How much there was in the last minute, whenever one looks. It is counted by seconds, so it costs the same for ten requests and
 * for ten thousand, and something counts for up to a second too long, never too short.
 */
export class Minute {
  readonly #nowMs: () => number
  readonly #amounts = new Float64Array(SECONDS)
  #second: number
  #sum = 0

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#second = Math.floor(nowMs() / SECOND_MS)
  }

  get used(): number {
    this.#turn()
    return this.#sum
  }

  /** Counts an amount from now on. Answers how to set it right once it is known better. */
  add(amount: number): (known: number) => void {
    this.#turn()
    const second = this.#second
    this.#put(second, amount)
    return known => {
      this.#turn()
      if (this.#second - second < SECONDS) this.#put(second, known - amount)
    }
  }

  /** When something of it will count no more; 0: there is nothing. */
  get lessInMs(): number {
    this.#turn()
    for (let second = this.#second - SECONDS + 1; second <= this.#second; second += 1) {
      if (this.#amounts[placeOf(second)]) return (second + SECONDS) * SECOND_MS - this.#nowMs()
    }
    return 0
  }

  #put(second: number, amount: number): void {
    const place = placeOf(second)
    this.#amounts[place] = (this.#amounts[place] ?? 0) + amount
    this.#sum += amount
  }

  /** Forgets what is older than a minute. */
  #turn(): void {
    const second = Math.floor(this.#nowMs() / SECOND_MS)
    const passed = Math.min(second - this.#second, SECONDS)
    for (let step = 1; step <= passed; step += 1) {
      const place = placeOf(second - passed + step)
      this.#sum -= this.#amounts[place] ?? 0
      this.#amounts[place] = 0
    }
    this.#second = Math.max(second, this.#second)
  }
}

function placeOf(second: number): number {
  return ((second % SECONDS) + SECONDS) % SECONDS
}
