import { setTimeout as delay } from 'node:timers/promises'

/** Waits for something, but not for ever; a failure of it is thrown. */
export async function within(mostMs: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController()
  const tooLong = delay(mostMs, undefined, { signal: done.signal }).catch(() => undefined)
  await Promise.race([work, tooLong]).finally(() => done.abort())
}
