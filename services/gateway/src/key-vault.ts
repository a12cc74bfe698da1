import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

/**
 * Encrypts the keys that students bring, before they leave this process: AES-256-GCM, a fresh IV for each. Written as
 * `v1.<key id>.<iv>.<ciphertext>.<tag>`, each part in base64url.
 */
export interface KeyVault {
  seal(key: string, owner: KeyOwner): string
  /** Null: not sealed with a secret that we have, not for this owner, or not whole any more. */
  open(sealed: string, owner: KeyOwner): string | null
}

/** Whose key it is, and where it is good: a sealed key says nothing to anybody else. */
export interface KeyOwner {
  studentId: string
  provider: string
}

const VERSION = 'v1'
const IV_BYTES = 12
const TAG_BYTES = 16
/** Tells a secret from the one before it. */
const KEY_ID_BYTES = 6

/** The form of a secret: 32 random bytes or more, in hex or base64. A text of hex digits is never taken for base64. */
export const SECRET_PATTERN = '^(?:(?:[0-9A-Fa-f]{2}){32,}|(?![0-9A-Fa-f]+$)[A-Za-z0-9+/_-]{43,}={0,2})$'

/** Seals with `secret`; opens also what was sealed with `old`, the secret before it. */
export function createKeyVault(secret: string, old?: string): KeyVault {
  const current = deriveKey(secret)
  const known = [current, ...(old === undefined ? [] : [deriveKey(old)])]
  return {
    seal(key, owner) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current.key, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(aadOf(owner))
      const ciphertext = Buffer.concat([cipher.update(key, 'utf8'), cipher.final()])
      const parts = [iv, ciphertext, cipher.getAuthTag()].map(part => part.toString('base64url'))
      return [VERSION, current.id, ...parts].join('.')
    },

    open(sealed, owner) {
      const [version, id, ...parts] = sealed.split('.')
      const [iv, ciphertext, tag] = parts.map(part => Buffer.from(part, 'base64url'))
      const found = known.find(candidate => candidate.id === id)
      if (version !== VERSION || parts.length !== 3 || !found || !iv || !ciphertext || !tag) return null
      try {
        const decipher = createDecipheriv('aes-256-gcm', found.key, iv, { authTagLength: TAG_BYTES })
        decipher.setAAD(aadOf(owner)).setAuthTag(tag)
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
      } catch {
        return null
      }
    },
  }
}

/** Any secret that is long enough becomes a key of 32 bytes, for this use alone. */
function deriveKey(secret: string): { id: string; key: Buffer } {
  const bytes = Buffer.from(secret, /^[0-9A-Fa-f]+$/.test(secret) ? 'hex' : 'base64')
  const key = Buffer.from(hkdfSync('sha256', bytes, '', 'lectern: own keys of students', 32))
  const id = createHash('sha256').update(key).digest().subarray(0, KEY_ID_BYTES).toString('base64url')
  return { id, key }
}

/** A sealed key that is copied to another student or provider cannot be opened there. */
function aadOf({ studentId, provider }: KeyOwner): Buffer {
  return Buffer.from(JSON.stringify([VERSION, studentId, provider]))
}
