/** A bounded number of places; who finds none waits in line for a bounded time. */
export class Slots {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves to true with a place taken, or to false when none became free in time. */
  async take(waitMs: number): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1
      return true
    }
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const enter = () => resolve(true)
    this.#waiting.add(enter)
    const timer = setTimeout(() => {
      if (this.#waiting.delete(enter)) resolve(false)
    }, waitMs)
    return promise.finally(() => clearTimeout(timer))
  }

  /** Gives a place back: to the one who waits longest, if any. */
  give(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#free += 1
    else {
      this.#waiting.delete(next)
      next()
    }
  }
}
