import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from './log.ts'

/**
 * Does a small piece of work again and again, with a pause between, until the service closes; closing waits for the
 * piece in work. A failure is logged and the next round tries again.
 */
export function startPeriodic(
  name: string,
  { intervalMs, log, closing }: { intervalMs: number; log: Logger; closing: AsyncDisposableStack },
  work: () => Promise<void>,
): void {
  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await delay(intervalMs, undefined, { ref: false, signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      await work().catch((error: unknown) => log.warn({ err: error }, `${name} failed, will be tried again`))
    }
  })()
  closing.defer(() => {
    stopping.abort()
    return running
  })
}
