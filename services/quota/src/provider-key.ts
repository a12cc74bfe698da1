import type { ProviderKey } from '@lectern/shared/contracts/provider-keys.ts'
import type { StoredKey } from './store/provider-keys.ts'

/** What is told of a student's own key at a provider: never itself. */
export function toProviderKey({ provider, hint, createdAt }: StoredKey): ProviderKey {
  return { provider, hint, createdAt: createdAt.toISOString() }
}
