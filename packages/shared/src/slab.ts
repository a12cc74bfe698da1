/**
 * What comes and goes with every request: each thing has a place, which is free for another when it has gone.
 *
 * Not a Map or Set: one that is written all the time keeps alive, until V8 collects its whole heap, whatever was ever in it. Its
 * outgrown tables point to those that took their place, and once a single one has grown old, the collections of the young
 * take it for alive, and with it all the later ones (`npm run bench micro -- --only=churn`).
 */
export class Slab<T extends object> implements Iterable<T> {
  readonly #places: (T | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#places.length - this.#free.length
  }

  /** Answers its place. */
  add(item: T): number {
    const place = this.#free.pop() ?? this.#places.length
    this.#places[place] = item
    return place
  }

  get(place: number): T | undefined {
    return this.#places[place]
  }

  /** Does nothing where nothing is. */
  remove(place: number): void {
    if (this.#places[place] === undefined) return
    this.#places[place] = undefined
    this.#free.push(place)
  }

  *[Symbol.iterator](): Generator<T> {
    for (const item of this.#places) if (item !== undefined) yield item
  }
}
