import { LecternError } from '@lectern/shared/errors.ts'
import type { Admission } from './admission.ts'
import type { KeyVault } from './key-vault.ts'
import type { Deployment } from './upstream/provider.ts'
import type { Registry } from './upstream/registry.ts'

/** How a request is sent: to whom, and with the student's own key, where that pays. */
export interface Payment {
  deployments: readonly Deployment[]
  ownKey?: string
}

/** The providers of some deployments that take keys of students; none where this gateway could not read them. */
export function ownKeyProviders(
  deployments: readonly Deployment[],
  { takingOwnKeys }: Registry,
  vault: KeyVault | null,
): string[] {
  if (vault === null) return []
  const names = new Set(deployments.map(({ provider }) => provider.name))
  return [...names].filter(name => takingOwnKeys.has(name))
}

/**
 * Where the request was admitted with the student's own key, only its provider is asked. Throws where the key cannot be read:
 * the course's key must not be used instead.
 */
export function paymentOf(
  { ownKey: used, studentId }: Admission,
  deployments: readonly Deployment[],
  vault: KeyVault | null,
): Payment {
  if (!used) return { deployments }
  const { provider, sealed } = used
  const ownKey = vault?.open(sealed, { studentId, provider }) ?? null
  if (ownKey === null) {
    throw new LecternError('own_key_refused', {
      message: `Your own key for "${provider}" can no longer be read. Send it again with PUT /v1/provider-keys/${provider}, or delete it with DELETE to use your course's budget.`,
    })
  }
  return { deployments: deployments.filter(deployment => deployment.provider.name === provider), ownKey }
}
