import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter } from '@lectern/shared/metrics.ts'
import type { Balancer } from './balancer.ts'
import { UpstreamFailure } from './failure.ts'
import type { Deployment } from './provider.ts'

const limitsReached = createCounter(METRIC.limitsReached)

export interface PlaceWanted {
  /** The most tokens that the request may use. */
  mostTokens: number
  /** How long it may wait where every deployment is at its limit. */
  waitMs: number
  ending: AbortSignal
}

/**
 * Finds the deployment that a request goes to, passes over those at their limits, and waits in line where all are. `begin`
 * takes the place: between finding it and taking it nothing may be awaited, or two requests would find the same. Throws the
 * UpstreamFailure that says why there was none.
 */
export async function takePlace<T>(
  balancer: Balancer,
  candidates: readonly Deployment[],
  wanted: PlaceWanted,
  begin: (deployment: Deployment) => T,
): Promise<T> {
  const open = candidates.filter(({ allowance }) => allowance?.isOpen ?? true)
  for (const deployment of candidates) if (!open.includes(deployment)) noteLimit(deployment)
  if (open.length > 0) return begin(balancer.choose(open))
  return await waitForPlace(candidates, wanted, begin)
}

function waitForPlace<T>(
  candidates: readonly Deployment[],
  { mostTokens, waitMs, ending }: PlaceWanted,
  begin: (deployment: Deployment) => T,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const waiters = candidates.map(deployment => {
    const waiter = () => {
      leave()
      resolve(begin(deployment))
    }
    deployment.allowance?.enter(waiter, mostTokens)
    return { deployment, waiter }
  })
  const leave = () => {
    clearTimeout(timer)
    ending.removeEventListener('abort', abort)
    for (const { deployment, waiter } of waiters) deployment.allowance?.leave(waiter)
  }
  const giveUp = (failure: UpstreamFailure) => {
    leave()
    reject(failure)
  }
  const abort = () => giveUp(new UpstreamFailure('aborted', 'nobody waits for it'))
  const timer = setTimeout(() => giveUp(atLimit(candidates)), waitMs)
  ending.addEventListener('abort', abort)
  if (ending.aborted) abort()
  return promise
}

function atLimit(candidates: readonly Deployment[]): UpstreamFailure {
  const retryAfterMs = Math.min(...candidates.map(({ allowance }) => allowance?.roomInMs ?? 0))
  return new UpstreamFailure('busy', 'every deployment is at its limit', { retryAfterMs })
}

function noteLimit({ provider, publicName, allowance }: Deployment): void {
  // None is reached where others wait, who will be served in a moment.
  const limit = allowance?.reached ?? 'line'
  limitsReached.add(1, { provider: provider.name, model: publicName, limit })
}
