import type { ReleaseCall } from '@lectern/shared/contracts/quota.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { bucketForKey } from '../store/keys.ts'
import type { Reservations } from '../store/reservations.ts'

/** `quota.release`: ends a hold whose request was never sent; the expirer writes its entry into the ledger. */
export function release(reservations: Reservations): Handler<typeof ReleaseCall> {
  return async ({ reservationId, keyHash }) => {
    const { state } = await reservations.end(bucketForKey(keyHash), {
      reservationId,
      kind: 'release',
      chargeTokens: 0,
      toBeRecorded: true,
    })
    return { released: state === 'fresh' }
  }
}
