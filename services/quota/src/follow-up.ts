import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@lectern/shared/log.ts'

/**
 * Carries a change that Postgres has committed on to Redis. The change stands whatever happens here, so a failure is not
 * the caller's: it is logged and tried again until it succeeds or the service closes (another replica's policy repair and
 * reconciler then do it).
 */
export type FollowUp = (what: string, work: () => Promise<unknown>) => Promise<void>

const RETRY_MS = 500

export function createFollowUp(log: Logger, closing: AsyncDisposableStack): FollowUp {
  const stopping = new AbortController()
  closing.defer(() => stopping.abort())

  async function retry(what: string, work: () => Promise<unknown>): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(RETRY_MS, undefined, { ref: false, signal: stopping.signal })
      const failed = await work().then(
        () => false,
        () => true,
      )
      if (!failed) return log.info({ what }, 'redis knows the change now')
    }
  }

  return async (what, work) => {
    try {
      await work()
    } catch (error) {
      log.warn({ err: error, what }, 'redis does not know of a change yet')
      void retry(what, work).catch(() => undefined)
    }
  }
}
