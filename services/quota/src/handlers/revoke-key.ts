import type { RevokeKeyCall } from '@lectern/shared/contracts/courses.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import type { ApiKeys } from '../store/api-keys.ts'
import type { Policies } from '../store/policies.ts'
import { toKey } from '../student.ts'

/** `quota.keys.revoke`: in force for the next request, on every gateway (P10). */
export function revokeKey({
  keys,
  policies,
  followUp,
}: {
  keys: ApiKeys
  policies: Policies
  followUp: FollowUp
}): Handler<typeof RevokeKeyCall> {
  return async ({ keyId }) => {
    const { key, ended } = await keys.revoke(keyId)
    await followUp('a revoked key', () => policies.endKeys(ended))
    return toKey(key)
  }
}
