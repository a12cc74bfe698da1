import { hash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * API keys: `ln_`, 30 random base62 characters (178 bits), 6 characters of CRC-32 in base62. The checksum lets a typing
 * error or a foreign key be refused without asking anybody, and lets secret scanners recognise a leaked key.
 *
 * Only the SHA-256 of a key is stored or sent (P10). A key is minted so that the first byte of its hash equals its
 * course's bucket: whoever holds the hash knows at once where in Redis the key, the student and the course live, and one
 * script can decide a whole reservation, on a Redis Cluster too. It costs 256 tries on average (a quarter of a
 * millisecond) and 8 of the 178 bits.
 */

const PREFIX = 'ln_'
const RANDOM_LENGTH = 30
/** Drawn anew at each try: 62 ** 4 endings, of which some 57,700 fit, so that all keys are equally likely to half a percent. */
const REDRAWN_LENGTH = 4
const CHECKSUM_LENGTH = 6
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const KEY_SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`)

/** Number of hash-tagged buckets in Redis; one byte, so that a bucket is the first byte of a hash. */
export const BUCKETS = 256

function base62(value: number, length: number): string {
  let rest = value
  let text = ''
  for (let place = 0; place < length; place++) {
    text = ALPHABET[rest % 62] + text
    rest = Math.floor(rest / 62)
  }
  return text
}

function checksum(body: string): string {
  return base62(crc32(body), CHECKSUM_LENGTH)
}

/** The SHA-256 of a key in lower-case hex: the only form in which a key leaves the process that received it. */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex')
}

/** The bucket (0-255) of a course: all of a course's state in Redis lives in one. */
export function bucketOfCourse(courseId: string): number {
  return bucketOfKeyHash(hash('sha256', courseId))
}

/** The bucket (0-255) in which a key's owner lives, from the key's hash alone. */
export function bucketOfKeyHash(keyHash: string): number {
  return Number.parseInt(keyHash.slice(0, 2), 16)
}

/** A new key for a course, and its hash. `random(n)` gives an integer in [0, n), uniformly. */
export function mintKey(
  courseId: string,
  random: (n: number) => number = randomInt,
): { key: string; hash: string } {
  const bucket = bucketOfCourse(courseId)
  const draw = (length: number) => {
    let text = ''
    while (text.length < length) text += ALPHABET[random(62)]
    return text
  }
  const beginning = PREFIX + draw(RANDOM_LENGTH - REDRAWN_LENGTH)
  for (;;) {
    const body = beginning + draw(REDRAWN_LENGTH)
    const key = body + checksum(body)
    const hashed = hashKey(key)
    if (bucketOfKeyHash(hashed) === bucket) return { key, hash: hashed }
  }
}

/** Whether a text has the shape and the checksum of a key. Says nothing about whether it was ever issued. */
export function isWellFormedKey(text: string): boolean {
  if (!KEY_SHAPE.test(text)) return false
  const body = text.slice(0, -CHECKSUM_LENGTH)
  return checksum(body) === text.slice(-CHECKSUM_LENGTH)
}

/** What may be shown of a key afterwards, to tell several apart: its first characters. */
export function keyHint(key: string): string {
  return `${key.slice(0, PREFIX.length + 4)}…`
}
