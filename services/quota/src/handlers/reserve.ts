import { setTimeout as delay } from 'node:timers/promises'
import type { ReplyOf } from '@lectern/shared/contracts/call.ts'
import type { ReserveCall } from '@lectern/shared/contracts/quota.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { WithLoading } from '../loader.ts'
import type { Reservations } from '../store/reservations.ts'

// Holds that are about to end do so within milliseconds; the later, the less likely. Five questions fit into 250 ms.
const FIRST_PAUSE_MS = 15

/** `quota.reserve`: one script call; more only where something must be loaded first, or open holds are waited for. */
export function reserve({
  reservations,
  withLoading,
  budgetWaitMs,
}: {
  reservations: Reservations
  withLoading: WithLoading
  budgetWaitMs: number
}): Handler<typeof ReserveCall> {
  return async request => {
    const ask = () => withLoading(() => reservations.reserve(request))
    const giveUpAt = performance.now() + budgetWaitMs
    let { answer } = await ask()
    // Only requests that still run stand in the way: their ends may come any moment.
    for (let pauseMs = FIRST_PAUSE_MS; request.lowerOutput && isBusy(answer); pauseMs *= 2) {
      const leftMs = giveUpAt - performance.now()
      if (leftMs <= 0) break
      await delay(Math.min(pauseMs, leftMs))
      ;({ answer } = await ask())
    }
    return answer
  }
}

function isBusy(answer: ReplyOf<typeof ReserveCall>): boolean {
  return !answer.granted && answer.reason === 'budget_in_use'
}
