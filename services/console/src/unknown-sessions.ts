import { LecternError } from '@lectern/shared/errors.ts'
import { LRUCache } from 'lru-cache'

const MINUTE_MS = 60_000
const MOST_REMEMBERED = 10_000

/**
 * Sessions that nobody has, by the address that sends them: beyond a number quota is not asked for more of them. One that was
 * somebody's lately passes whatever its neighbours send; what it is worth is asked each time.
 */
export interface UnknownSessions {
  /** Throws `too_many_attempts` where it must not even be asked for. */
  check(hash: string, address: string): void
  /** What came of asking. */
  found(hash: string, address: string, isSomebodys: boolean): void
}

/** `most`: of an address in a minute. */
export function createUnknownSessions(most: number): UnknownSessions {
  const known = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: 10 * MINUTE_MS })
  // The entry's age is the window: it is not renewed by counting.
  const unknown = new LRUCache<string, { count: number }>({ max: MOST_REMEMBERED, ttl: MINUTE_MS })
  return {
    check(hash, address) {
      if (known.has(hash) || (unknown.get(address)?.count ?? 0) < most) return
      throw new LecternError('too_many_attempts', { retryAfterMs: unknown.getRemainingTTL(address) })
    },
    found(hash, address, isSomebodys) {
      if (isSomebodys) return void known.set(hash, true)
      known.delete(hash)
      const counted = unknown.get(address)
      if (counted) counted.count += 1
      else unknown.set(address, { count: 1 })
    },
  }
}
