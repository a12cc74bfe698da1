import { ProviderName } from '@lectern/shared/contracts/fields.ts'
import { ProviderKey } from '@lectern/shared/contracts/provider-keys.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { isWellFormedKey } from '@lectern/shared/keys.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { ProviderKeysClient } from '../clients/provider-keys.ts'
import type { QuotaClient } from '../clients/quota.ts'
import type { KeyVault } from '../key-vault.ts'
import type { Registry } from '../upstream/registry.ts'

export interface ProviderKeysParts {
  providerKeys: ProviderKeysClient
  quota: Pick<QuotaClient, 'identify' | 'forget'>
  registry: Registry
  vault: KeyVault | null
}

const ProviderParams = Type.Object({ provider: ProviderName })
/** What goes into a header, and is long enough that its last characters may be shown. */
const NewProviderKey = Type.Object(
  { api_key: Type.String({ pattern: '^[\\x21-\\x7e]{16,1000}$' }) },
  { additionalProperties: false },
)
const ProviderKeyList = Type.Object({
  /** Whether the course lets them be used. */
  allowed: Type.Boolean(),
  /** Where a key may be brought. */
  providers: Type.Array(ProviderName),
  data: Type.Array(ProviderKey),
})
const Removed = Type.Object({ provider: ProviderName, removed: Type.Boolean() })
const HINT_LENGTH = 4
const MOST_BODY_BYTES = 4096

/** `/v1/provider-keys`: what students do with keys of their own at providers. */
export function addProviderKeyRoutes(app: FastifyInstance, parts: ProviderKeysParts): void {
  app.put(
    '/v1/provider-keys/:provider',
    {
      schema: {
        summary: 'Bring a key of your own at a provider: its use is recorded and not charged',
        params: ProviderParams,
        body: NewProviderKey,
        response: { 200: ProviderKey },
      },
      bodyLimit: MOST_BODY_BYTES,
    },
    putKey(parts),
  )
  app.get(
    '/v1/provider-keys',
    {
      schema: {
        summary: 'Your own keys at providers: where, since when, and their last characters',
        response: { 200: ProviderKeyList },
      },
    },
    listKeys(parts),
  )
  app.delete(
    '/v1/provider-keys/:provider',
    {
      schema: {
        summary: 'Delete a key of your own: the budget of your course is used again',
        params: ProviderParams,
        response: { 200: Removed },
      },
    },
    removeKey(parts),
  )
}

function putKey({ providerKeys, quota, registry, vault }: ProviderKeysParts) {
  return async ({ params, body, keyHash }: FastifyRequest) => {
    const { provider } = params as Static<typeof ProviderParams>
    const { api_key: key } = body as Static<typeof NewProviderKey>
    if (vault === null) throw switchedOff()
    if (!registry.takingOwnKeys.has(provider)) throw unknownProvider(registry)
    if (isWellFormedKey(key)) {
      const message = 'api_key must be your key of the provider. This is one of Lectern.'
      throw new LecternError('invalid_request', { message, param: 'api_key' })
    }
    const identity = await quota.identify(keyHash)
    if (!identity) throw new LecternError('invalid_api_key')
    const sealed = vault.seal(key, { studentId: identity.studentId, provider })
    const answer = await providerKeys.put({ keyHash, provider, sealed, hint: key.slice(-HINT_LENGTH) })
    if (!answer.known) throw stranger(quota, keyHash)
    if (!answer.allowed) throw new LecternError('own_keys_not_allowed')
    return answer.key
  }
}

function listKeys({ providerKeys, quota, registry, vault }: ProviderKeysParts) {
  return async ({ keyHash }: FastifyRequest): Promise<Static<typeof ProviderKeyList>> => {
    const answer = await providerKeys.list({ keyHash })
    if (!answer.known) throw stranger(quota, keyHash)
    const { allowed, items: data } = answer
    const providers = vault === null ? [] : [...registry.takingOwnKeys]
    return { allowed: allowed && vault !== null, providers, data }
  }
}

function removeKey({ providerKeys, quota }: ProviderKeysParts) {
  return async ({ params, keyHash }: FastifyRequest): Promise<Static<typeof Removed>> => {
    const { provider } = params as Static<typeof ProviderParams>
    const answer = await providerKeys.remove({ keyHash, provider })
    if (!answer.known) throw stranger(quota, keyHash)
    return { provider, removed: answer.removed }
  }
}

function stranger(quota: Pick<QuotaClient, 'forget'>, keyHash: string): LecternError {
  quota.forget(keyHash)
  return new LecternError('invalid_api_key')
}

function switchedOff(): LecternError {
  const message = 'Own provider keys are switched off here: the operator has set no OWN_KEYS_SECRET.'
  return new LecternError('own_keys_not_allowed', { message })
}

function unknownProvider({ takingOwnKeys }: Registry): LecternError {
  const names = [...takingOwnKeys].join(', ')
  const message = `There is no such provider that takes keys of students. ${names ? `These do: ${names}.` : 'None does here.'}`
  return new LecternError('not_found', { message, param: 'provider' })
}
