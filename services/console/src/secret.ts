import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret of 256 random bits: its text for the one who keeps it, its SHA-256 for everybody else. */
export interface Secret {
  text: string
  hash: string
}

export function newSecret(): Secret {
  const text = randomBytes(32).toString('base64url')
  return { text, hash: hashSecret(text) }
}

/** The SHA-256 in hex. A random secret needs no slower hash: there is nothing to guess. */
export function hashSecret(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Compared by their digests, in constant time: neither length nor content of the expected one can be measured. */
export function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(given)), Buffer.from(hashSecret(expected)))
}
