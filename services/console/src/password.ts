import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { LecternError } from '@lectern/shared/errors.ts'
import pLimit from 'p-limit'

/**
 * Passwords as argon2id (RFC 9106), in PHC's form. 64 MiB and two passes take about 100 ms of a core, in libuv's threads: what is
 * served meanwhile does not wait. A hash is read with the cost that it names, so the cost can be raised later.
 */
const MEMORY_KIB = 65_536
const PASSES = 2
const SALT_BYTES = 16
const TAG_BYTES = 32

/** Two at once take 128 MiB and half of libuv's threads; the twentieth in line waits a second. */
const AT_ONCE = 2
const MOST_WAITING = 20

const derive = promisify(argon2)
const limit = pLimit(AT_ONCE)

interface Parts {
  memoryKib: number
  passes: number
  salt: Buffer
  tag: Buffer
}

/** The hash under which a password is kept. Throws `overloaded` where too many are being hashed. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const tag = await tagOf(password, { memoryKib: MEMORY_KIB, passes: PASSES, salt })
  return toText(salt, tag)
}

/** Whether it is the password of the hash. Null takes as long as a wrong password: nobody can measure who has an account. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const parts = toParts(hash ?? NOBODYS)
  const tag = await tagOf(password, parts)
  return timingSafeEqual(tag, parts.tag) && hash !== null
}

function tagOf(password: string, { memoryKib, passes, salt }: Omit<Parts, 'tag'>): Promise<Buffer> {
  if (limit.pendingCount >= MOST_WAITING) throw new LecternError('overloaded', { retryAfterMs: 1000 })
  return limit(() =>
    derive('argon2id', {
      // The same letters may be typed as other characters on another machine.
      message: password.normalize('NFKC'),
      nonce: salt,
      parallelism: 1,
      tagLength: TAG_BYTES,
      memory: memoryKib,
      passes,
    }),
  )
}

function toText(salt: Buffer, tag: Buffer): string {
  const [saltText, tagText] = [salt, tag].map(bytes => bytes.toString('base64').replace(/=+$/, ''))
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${saltText}$${tagText}`
}

function toParts(hash: string): Parts {
  const [, memory, passes, salt, tag] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]{43})$/.exec(hash) ?? []
  if (!memory || !passes || !salt || !tag) throw new Error('a password hash of a kind that is not known')
  return {
    memoryKib: Number(memory),
    passes: Number(passes),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

const NOBODYS = toText(randomBytes(SALT_BYTES), randomBytes(TAG_BYTES))
