import type { ListProviderKeysCall } from '@lectern/shared/contracts/provider-keys.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { WithLoading } from '../loader.ts'
import { toProviderKey } from '../provider-key.ts'
import type { Policies } from '../store/policies.ts'
import type { ProviderKeys } from '../store/provider-keys.ts'

/** `quota.provider-keys.list`: what a student has stored, also where the course does not use it. */
export function listProviderKeys({
  providerKeys,
  policies,
  withLoading,
}: {
  providerKeys: ProviderKeys
  policies: Policies
  withLoading: WithLoading
}): Handler<typeof ListProviderKeysCall> {
  return async ({ keyHash }) => {
    const { owner } = await withLoading(() => policies.findOwner(keyHash))
    if (!owner) return { known: false }
    const rows = await providerKeys.list(owner.studentId)
    return { known: true, allowed: owner.course.ownKeys, items: rows.map(toProviderKey) }
  }
}
