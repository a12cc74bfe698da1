import type { MintTrialKeyCall } from '@lectern/shared/contracts/trials.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { RedisClock } from '../store/redis-clock.ts'
import type { Trials } from '../store/trials.ts'

/** `quota.keys.trial`: Redis learns of the key when it is first used. */
export function mintTrialKey({
  trials,
  clock,
}: {
  trials: Trials
  clock: RedisClock
}): Handler<typeof MintTrialKeyCall> {
  return async order => {
    const { studentId, expiresAt } = await trials.mint(order, clock.nowMs())
    return { studentId, expiresAtMs: expiresAt.getTime() }
  }
}
