/** Gathers what is to be sent in one turn of the event loop, so that the client writes it to its socket at once. */
export interface Outbox<T> {
  put(item: T): void
  /** Sends what is there without waiting for the end of the turn. */
  flush(): void
}

/** `send` is called for each item, in order, and must not throw. */
export function createOutbox<T>(send: (item: T) => void): Outbox<T> {
  let waiting: T[] = []
  const flush = () => {
    const items = waiting
    waiting = []
    for (const item of items) send(item)
  }
  return {
    put(item) {
      waiting.push(item)
      if (waiting.length === 1) setImmediate(flush)
    },
    flush,
  }
}
