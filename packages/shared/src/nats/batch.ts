export interface BatchOptions<T> {
  batchSize: number
  lingerMs: number
  /** Most bytes in one batch, unless a single item has more. Default: not bounded. */
  batchBytes?: number | undefined
  bytesOf?: (item: T) => number
}

/** Gathers single items into batches: by number, by size, or by age counted from the first of a batch. */
export interface Batch<T> {
  add(item: T): void
  /** What no batch has taken yet, in order of arrival. */
  readonly waiting: readonly T[]
  /** Resolves when less than a batch waits to be taken. */
  room(): Promise<void>
  /** Batches of 1 to `batchSize` items, in order of arrival; ends after `end()`. */
  take(): AsyncGenerator<T[]>
  end(): void
}

export function createBatch<T>({
  batchSize,
  lingerMs,
  batchBytes = Number.POSITIVE_INFINITY,
  bytesOf = () => 0,
}: BatchOptions<T>): Batch<T> {
  const waiting: T[] = []
  let waitingBytes = 0
  let ended = false
  let changed = Promise.withResolvers<void>()
  const signal = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const isFull = () => waiting.length >= batchSize || waitingBytes >= batchBytes

  async function fill(): Promise<void> {
    let isOld = false
    const timer = setTimeout(() => {
      isOld = true
      signal()
    }, lingerMs)
    while (!isFull() && !ended && !isOld) await changed.promise
    clearTimeout(timer)
  }

  function cut(): T[] {
    let bytes = 0
    let count = 0
    for (const item of waiting) {
      const more = bytesOf(item)
      if (count === batchSize || (count > 0 && bytes + more > batchBytes)) break
      bytes += more
      count += 1
    }
    waitingBytes -= bytes
    const items = waiting.splice(0, count)
    signal()
    return items
  }

  return {
    waiting,
    add(item) {
      const wasFull = isFull()
      waiting.push(item)
      waitingBytes += bytesOf(item)
      // Only two events matter to the taker: the first item, and a full batch.
      if (waiting.length === 1 || (!wasFull && isFull())) signal()
    },
    async room() {
      while (isFull() && !ended) await changed.promise
    },
    async *take() {
      while (!ended) {
        if (waiting.length === 0) await changed.promise
        else {
          if (!isFull()) await fill()
          if (!ended) yield cut()
        }
      }
    },
    end() {
      ended = true
      signal()
    },
  }
}
