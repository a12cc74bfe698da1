import type { ServerResponse } from 'node:http'
import { Slab } from '@lectern/shared/slab.ts'

/** One request that holds tokens or may soon: nothing of it may be forgotten, not even after its client has left. */
export interface Journey {
  /** Aborts when the answer is not wanted any more, or cannot be waited for. */
  readonly ending: AbortSignal
  /** Whether it was the client who left. */
  readonly clientLeft: boolean
}

/** All requests on their way. */
export interface Journeys {
  /** How many run now. */
  readonly size: number
  /** Runs one to its end. */
  run<T>(response: ServerResponse, work: (journey: Journey) => Promise<T>): Promise<T>
  /** Ends those that still run: each tells its client, and is settled and recorded. */
  endAll(): void
  /** Resolves when none runs. */
  settled(): Promise<void>
}

/** The set of requests on their way. */
export function createJourneys(): Journeys {
  const running = new Slab<{ ending: AbortController; result: Promise<unknown> }>()
  return {
    get size() {
      return running.size
    },
    async run(response, work) {
      const ending = new AbortController()
      // Not by a getter: each such object gets a shape of its own, which lives until V8 collects its whole heap, and the request with it.
      const journey = { ending: ending.signal, clientLeft: false }
      // The only sign of a client's leaving that can be relied on: the request's own events come too early.
      const leave = () => {
        if (response.writableFinished) return
        journey.clientLeft = true
        ending.abort()
      }
      if (response.destroyed) leave()
      else response.once('close', leave)
      const result = work(journey)
      const place = running.add({ ending, result })
      try {
        return await result
      } finally {
        running.remove(place)
      }
    },
    endAll() {
      for (const { ending } of running) ending.abort()
    },
    async settled() {
      while (running.size > 0) await Promise.allSettled([...running].map(({ result }) => result))
    },
  }
}
