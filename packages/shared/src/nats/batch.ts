import { setTimeout as delay } from 'node:timers/promises'

/** Gathers single items into batches: by size, or by age counted from the first of a batch. */
export interface Batch<T> {
  add(item: T): void
  /** Batches of 1 to `batchSize` items, in order of arrival; ends after `end()`. */
  take(): AsyncGenerator<T[]>
  end(): void
}

export function createBatch<T>({ batchSize, lingerMs }: { batchSize: number; lingerMs: number }): Batch<T> {
  const waiting: T[] = []
  let ended = false
  let changed = Promise.withResolvers<void>()
  const signal = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }

  async function fill(): Promise<void> {
    const deadline = new AbortController()
    const tooOld = delay(lingerMs, 'old', { signal: deadline.signal }).catch(() => 'old')
    let reason: unknown
    while (waiting.length < batchSize && !ended && reason !== 'old') {
      reason = await Promise.race([changed.promise, tooOld])
    }
    deadline.abort()
  }

  return {
    add(item) {
      waiting.push(item)
      // Only two events matter to the taker: the first item, and a full batch.
      if (waiting.length === 1 || waiting.length >= batchSize) signal()
    },
    async *take() {
      while (!ended) {
        if (waiting.length === 0) await changed.promise
        else {
          await fill()
          if (!ended) yield waiting.splice(0, batchSize)
        }
      }
    },
    end() {
      ended = true
      signal()
    },
  }
}
