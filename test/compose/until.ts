import { setTimeout as delay } from 'node:timers/promises'

const PATIENCE_MS = 60_000
const POLL_MS = 200

/** Asks until the answer is yes; an error is a no, because parts are on their way up or down. Throws after a minute. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS
  while (!(await condition().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${what}`)
    await delay(POLL_MS)
  }
}
