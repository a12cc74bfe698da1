import type { RemoveProviderKeyCall } from '@lectern/shared/contracts/provider-keys.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FollowUp } from '../follow-up.ts'
import type { WithLoading } from '../loader.ts'
import type { Policies } from '../store/policies.ts'
import type { ProviderKeys } from '../store/provider-keys.ts'

/** `quota.provider-keys.remove`: not used by any request after this one. */
export function removeProviderKey({
  providerKeys,
  policies,
  withLoading,
  followUp,
}: {
  providerKeys: ProviderKeys
  policies: Policies
  withLoading: WithLoading
  followUp: FollowUp
}): Handler<typeof RemoveProviderKeyCall> {
  return async ({ keyHash, provider }) => {
    const { owner } = await withLoading(() => policies.findOwner(keyHash))
    if (!owner) return { known: false }
    const { studentId } = owner
    const removed = await providerKeys.remove(studentId, provider)
    await followUp('a removed own key', async () =>
      policies.putOwnKeys(await providerKeys.copyOf(studentId), null),
    )
    return { known: true, removed }
  }
}
