import type { PutProviderKeyCall } from '@lectern/shared/contracts/provider-keys.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import type { WithLoading } from '../loader.ts'
import { toProviderKey } from '../provider-key.ts'
import type { Policies } from '../store/policies.ts'
import type { ProviderKeys } from '../store/provider-keys.ts'

/** `quota.provider-keys.put`: used from the next request on, whichever gateway gets it. */
export function putProviderKey({
  providerKeys,
  policies,
  withLoading,
  followUp,
}: {
  providerKeys: ProviderKeys
  policies: Policies
  withLoading: WithLoading
  followUp: FollowUp
}): Handler<typeof PutProviderKeyCall> {
  return async ({ keyHash, ...key }) => {
    const { owner } = await withLoading(() => policies.findOwner(keyHash))
    if (!owner) return { known: false }
    if (!owner.course.ownKeys) return { known: true, allowed: false }
    const { studentId } = owner
    const row = await providerKeys.put(studentId, key)
    await followUp('an own key', async () => policies.putOwnKeys(await providerKeys.copyOf(studentId), null))
    return { known: true, allowed: true, key: toProviderKey(row) }
  }
}
