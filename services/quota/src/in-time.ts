import { setTimeout as delay } from 'node:timers/promises'
import { LecternError } from '@lectern/shared/errors.ts'

/** Waits for work no longer than a caller can, and refuses then; the work itself goes on. */
export async function inTime<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const timer = new AbortController()
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new LecternError('service_unavailable', {
      retryAfterMs: 1000,
      cause: new Error(`${what} took longer than ${timeoutMs} ms`),
    })
  })
  // Whichever of the two comes second has nobody left to tell.
  for (const side of [work, late]) side.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
  }
}
