import type { NewKey } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { ApiKey, Course, Prisma, Student } from '../../generated/client.ts'
import { insertKey, type KeyRow, replaceKey } from './api-keys.ts'
import type { Database } from './database.ts'
import { type Tries, type TryLimit, tryKey } from './tries.ts'

/** Unknown keys of an address. A key has 170 random bits: this only bounds the work that guessing makes. */
const WRONG: TryLimit = { burst: 30, everyMs: 10_000 }
/** A day of lectures, and a week at most: the key is at hand to sign in again. */
const IDLE_MS = 12 * 3_600_000
const LONGEST_MS = 7 * 86_400_000
/** A session is not written at each request: its last use is known to the minute. */
const WRITTEN_EVERY_MS = 60_000
/** A chat is opened, tried and left; who goes on gets another one. */
const SESSION_KEY_MS = 600_000

/** A key with all that its owner sees of it. */
export type OwnRow = ApiKey & { student: Student & { course: Course } }

/** Students who have signed in with a key, in Postgres. A session is worth what its key is. */
export interface StudentSessions {
  /** `waitMs`: too many unknown keys came from the address. */
  open(
    keyHash: string,
    session: { hash: string; replaces?: string | undefined },
    from: { address: string; nowMs: number },
  ): Promise<{ key: OwnRow | null; waitMs: number | null }>
  /** Whose it is; null: nobody's, or it has ended. Counts as a use. */
  find(hash: string, nowMs: number): Promise<OwnRow | null>
  end(hash: string): Promise<boolean>
  /** Null: there is no such session. */
  rotate(hash: string, key: NewKey, nowMs: number): Promise<{ ended: string[]; begun: KeyRow } | null>
  /** Null: there is no such session. */
  mint(hash: string, key: NewKey, nowMs: number): Promise<(KeyRow & { expiresAt: Date }) | null>
}

const withOwner = { student: { include: { course: true } } } satisfies Prisma.ApiKeyInclude

export function createStudentSessions(database: Database, tries: Tries): StudentSessions {
  return {
    async open(keyHash, { hash, replaces }, { address, nowMs }) {
      const tried = tryKey('key', address)
      const waitMs = await tries.take(tried, WRONG, nowMs)
      if (waitMs !== null) return { key: null, waitMs }
      const key = await database.apiKey.findUnique({
        where: { hash: keyHash, parentId: null, revokedAt: null },
        include: withOwner,
      })
      if (!key) return { key: null, waitMs: null }
      const now = new Date(nowMs)
      await database.$transaction([
        database.studentSession.deleteMany({
          where: {
            OR: [
              ...(replaces === undefined ? [] : [{ hash: replaces }]),
              { usedAt: { lte: new Date(nowMs - IDLE_MS) } },
              { createdAt: { lte: new Date(nowMs - LONGEST_MS) } },
            ],
          },
        }),
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
        const { keyId: parentId } = session
        const expiresAt = new Date(nowMs + SESSION_KEY_MS)
        const row = await insertKey(work, session.key.studentId, key, { parentId, expiresAt })
        // Whoever ends the key now waits, and then finds this one; who has ended it already is seen.
        await work.$queryRaw`SELECT FROM quota.api_keys WHERE id = ${parentId} FOR SHARE`
        const parent = await work.apiKey.findUniqueOrThrow({ where: { id: parentId } })
        if (parent.revokedAt) throw new LecternError('unauthorized')
        return { ...row, expiresAt }
      })
    },
  }
}

function findLiving(work: Prisma.TransactionClient, hash: string, nowMs: number) {
  return work.studentSession.findUnique({
    where: {
      hash,
      usedAt: { gt: new Date(nowMs - IDLE_MS) },
      createdAt: { gt: new Date(nowMs - LONGEST_MS) },
      key: { revokedAt: null },
    },
    include: { key: { include: withOwner } },
  })
}
