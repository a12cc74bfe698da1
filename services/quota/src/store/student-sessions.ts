import type { NewKey } from '@lectern/shared/contracts/courses.ts'
import type { Prisma } from '../../generated/client.ts'
import { checkBucket } from '../roster.ts'
import { type KeyRow, type OwnedKey, replaceKey, withOwner } from './api-keys.ts'
import type { Database } from './database.ts'
import { endedAt, livingAt, SESSION_KEY_MS, type SessionLimits, WRITTEN_EVERY_MS } from './session-limits.ts'
import { type Tries, type TryLimit, tryKey } from './tries.ts'

/** Unknown keys of an address. A key has 170 random bits: this only bounds the work that guessing makes. */
const WRONG: TryLimit = { burst: 30, everyMs: 10_000 }
/** A day of lectures, and a week at most: the key is at hand to sign in again. */
const LIMITS: SessionLimits = { idleMs: 12 * 3_600_000, longestMs: 7 * 86_400_000 }

/** Students who have signed in with a key, in Postgres. A session is worth what its key is. */
export interface StudentSessions {
  /** `waitMs`: too many unknown keys came from the address. */
  open(
    keyHash: string,
    session: { hash: string; replaces?: string | undefined },
    from: { address: string; nowMs: number },
  ): Promise<{ key: OwnedKey | null; waitMs: number | null }>
  /** Whose it is; null: nobody's, or it has ended. Counts as a use. */
  find(hash: string, nowMs: number): Promise<OwnedKey | null>
  end(hash: string): Promise<boolean>
  /** Null: there is no such session. */
  rotate(hash: string, key: NewKey, nowMs: number): Promise<{ ended: string[]; begun: KeyRow } | null>
  /** A session key in the name of the session's key; answers until when. Null: there is no such session. */
  mint(hash: string, key: NewKey, nowMs: number): Promise<Date | null>
}

export function createStudentSessions(database: Database, tries: Tries): StudentSessions {
  return {
    async open(keyHash, { hash, replaces }, { address, nowMs }) {
      const tried = tryKey('key', address)
      const waitMs = await tries.take(tried, WRONG, nowMs)
      if (waitMs !== null) return { key: null, waitMs }
      const key = await database.apiKey.findUnique({
        where: { hash: keyHash, revokedAt: null },
        include: withOwner,
      })
      if (!key) return { key: null, waitMs: null }
      const now = new Date(nowMs)
      await database.$transaction([
        database.studentSession.deleteMany({ where: endedAt(LIMITS, nowMs, replaces) }),
        database.studentSession.create({ data: { hash, keyId: key.id, createdAt: now, usedAt: now } }),
      ])
      await tries.giveBack(tried, WRONG)
      await tries.forget(nowMs)
      return { key, waitMs: null }
    },

    async find(hash, nowMs) {
      const session = await findLiving(database, hash, nowMs)
      if (!session) return null
      if (nowMs - session.usedAt.getTime() >= WRITTEN_EVERY_MS) {
        await database.studentSession.updateMany({ where: { hash }, data: { usedAt: new Date(nowMs) } })
      }
      return session.key
    },

    async end(hash) {
      const { count } = await database.studentSession.deleteMany({ where: { hash } })
      return count > 0
    },

    rotate(hash, key, nowMs) {
      return database.$transaction(async work => {
        const session = await findLiving(work, hash, nowMs)
        if (!session) return null
        const replaced = await replaceKey(work, session.keyId, key)
        await work.studentSession.update({ where: { hash }, data: { keyId: replaced.begun.id } })
        await work.studentSession.deleteMany({ where: { keyId: session.keyId } })
        return replaced
      })
    },

    mint(hash, key, nowMs) {
      return database.$transaction(async work => {
        const session = await findLiving(work, hash, nowMs)
        if (!session) return null
        const { keyId } = session
        checkBucket(key, session.key.student.courseId, 'key')
        // Whoever ends the key now waits, and then finds this one; where it has just ended, nothing is locked.
        const locked = await work.$executeRaw`
          SELECT FROM quota.api_keys WHERE id = ${keyId} AND revoked_at IS NULL FOR SHARE`
        if (locked === 0) return null
        const expiresAt = new Date(nowMs + SESSION_KEY_MS)
        await work.sessionKey.deleteMany({ where: { expiresAt: { lte: new Date(nowMs) } } })
        await work.sessionKey.create({ data: { hash: key.hash, keyId, expiresAt } })
        return expiresAt
      })
    },
  }
}

function findLiving(work: Prisma.TransactionClient, hash: string, nowMs: number) {
  return work.studentSession.findUnique({
    where: { hash, ...livingAt(LIMITS, nowMs), key: { revokedAt: null } },
    include: { key: { include: withOwner } },
  })
}
