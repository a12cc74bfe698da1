import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { Iso, KeyHash, ProviderName } from './fields.ts'
import { SealedKey } from './quota.ts'

/**
 * What students do with keys of their own at providers. Kept by the quota service, asked by the gateway, which alone can
 * read them: a key is encrypted before it leaves the gateway, and is never told to anybody again.
 */

export const ProviderKey = Type.Object({
  provider: ProviderName,
  hint: Type.String({ maxLength: 8, description: 'the last characters, to tell keys apart' }),
  createdAt: Iso,
})
export type ProviderKey = Static<typeof ProviderKey>

const Stranger = Type.Object({ known: Type.Literal(false) })

/** A new key in the place of the one that was there. Refused where the course does not allow own keys. */
export const PutProviderKeyCall = defineCall(
  'quota.provider-keys.put',
  Type.Object({
    keyHash: KeyHash,
    provider: ProviderName,
    sealed: SealedKey,
    hint: Type.String({ maxLength: 8 }),
  }),
  Type.Union([
    Stranger,
    Type.Object({ known: Type.Literal(true), allowed: Type.Literal(false) }),
    Type.Object({ known: Type.Literal(true), allowed: Type.Literal(true), key: ProviderKey }),
  ]),
)

/** `allowed`: whether the course lets them be used. */
export const ListProviderKeysCall = defineCall(
  'quota.provider-keys.list',
  Type.Object({ keyHash: KeyHash }),
  Type.Union([
    Stranger,
    Type.Object({ known: Type.Literal(true), allowed: Type.Boolean(), items: Type.Array(ProviderKey) }),
  ]),
)

/** Ends a key at once, whatever the course allows. `removed` false: there was none. */
export const RemoveProviderKeyCall = defineCall(
  'quota.provider-keys.remove',
  Type.Object({ keyHash: KeyHash, provider: ProviderName }),
  Type.Union([Stranger, Type.Object({ known: Type.Literal(true), removed: Type.Boolean() })]),
)
