import { createHash } from 'node:crypto'
import type { Database } from './database.ts'

/** So many tries at once, and one more each time that `everyMs` has passed. */
export interface TryLimit {
  burst: number
  everyMs: number
}

/** Tries of whatever can be guessed, in Postgres: all replicas count together. */
export interface Tries {
  /** Takes a try. Answers for how long there is none; null: it may be tried now. */
  take(key: string, limit: TryLimit, nowMs: number): Promise<number | null>
  /** The try was none of a guess. */
  giveBack(key: string, limit: TryLimit): Promise<void>
  /** Forgets all that are free again anyway, and those of `key`. */
  forget(nowMs: number, key?: string | null): Promise<void>
}

/** By what tries are counted. Hashed: addresses and mistyped e-mails are nobody's to read. */
export function tryKey(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

export function createTries(database: Database): Tries {
  return {
    /** One statement, so that tries at the same moment count each other. */
    async take(key, { burst, everyMs }, nowMs) {
      const now = new Date(nowMs)
      const latest = new Date(nowMs + (burst - 1) * everyMs)
      const taken = await database.$executeRaw`
        INSERT INTO quota.tries AS t (key, free_at) VALUES (${key}, ${now}::timestamptz + ${everyMs} * interval '1 ms')
        ON CONFLICT (key) DO UPDATE SET free_at = greatest(t.free_at, ${now}::timestamptz) + ${everyMs} * interval '1 ms'
         WHERE t.free_at <= ${latest}::timestamptz`
      if (taken > 0) return null
      const row = await database.tries.findUnique({ where: { key } })
      return Math.max(1, (row?.freeAt.getTime() ?? nowMs) - latest.getTime())
    },

    async giveBack(key, { everyMs }) {
      await database.$executeRaw`
        UPDATE quota.tries SET free_at = free_at - ${everyMs} * interval '1 ms' WHERE key = ${key}`
    },

    async forget(nowMs, key = null) {
      await database.$executeRaw`
        DELETE FROM quota.tries WHERE key = ${key} OR free_at < ${new Date(nowMs)}::timestamptz`
    },
  }
}
