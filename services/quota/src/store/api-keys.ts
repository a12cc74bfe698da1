import type { NewKey } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { ApiKey, Course, Prisma, Student } from '../../generated/client.ts'
import { checkBucket } from '../roster.ts'
import { noSuchStudent } from '../student.ts'
import { type Database, isTaken } from './database.ts'

/** API keys in Postgres: only their hashes. */
export interface ApiKeys {
  find(keyId: string): Promise<KeyRow>
  /** Null: there is no such key. */
  findByHash(hash: string): Promise<FoundKey | null>
  /** The same for many; those of nobody are left out. */
  findByHashes(hashes: string[]): Promise<Map<string, FoundKey>>
  create(studentId: string, key: NewKey): Promise<KeyRow>
  /** With the session keys that were made by it. Repeatable: the first time stays. */
  revoke(keyId: string): Promise<{ key: KeyRow; ended: string[] }>
  /** The old one ends, with the session keys that were made by it, as the new one begins. `ended`: their hashes. */
  rotate(keyId: string, key: NewKey): Promise<{ ended: string[]; begun: KeyRow }>
  /** The hashes of what has ended since, session keys too. */
  revokedSince(time: Date): Promise<string[]>
}

/** A key with all that its owner sees of it. */
export type OwnedKey = ApiKey & { student: Student & { course: Course } }
export const withOwner = { student: { include: { course: true } } } satisfies Prisma.ApiKeyInclude

/** Whose a key is, which may be a session key. */
export interface FoundKey {
  student: OwnedKey['student']
  revokedAt: Date | null
  /** Null: never. */
  expiresAt: Date | null
}

export type KeyRow = ApiKey & { student: { courseId: string } }

const withCourse = { student: { select: { courseId: true } } } satisfies Prisma.ApiKeyInclude

export function createApiKeys(database: Database): ApiKeys {
  const notTaken = async <T>(write: Promise<T>): Promise<T> => {
    try {
      return await write
    } catch (error) {
      if (!isTaken(error)) throw error
      throw new LecternError('conflict', { message: 'This key exists already.', param: 'key' })
    }
  }

  return {
    find: keyId => findKey(database, keyId),

    findByHash: async hash => (await findKeys(database, [hash])).get(hash) ?? null,

    findByHashes: hashes => findKeys(database, hashes),

    create(studentId, key) {
      return notTaken(database.$transaction(work => insertKey(work, studentId, key)))
    },

    revoke(keyId) {
      return database.$transaction(async work => {
        await findKey(work, keyId)
        const ended = await endKey(work, keyId)
        return { key: await findKey(work, keyId), ended: ended.hashes }
      })
    },

    rotate(keyId, key) {
      return notTaken(database.$transaction(work => replaceKey(work, keyId, key)))
    },

    revokedSince: time => hashesOf(database, { revokedAt: { gte: time } }),
  }
}

async function findKeys(database: Database, hashes: string[]): Promise<Map<string, FoundKey>> {
  const keys = await database.apiKey.findMany({ where: { hash: { in: hashes } }, include: withOwner })
  const found = new Map<string, FoundKey>(keys.map(key => [key.hash, { ...key, expiresAt: null }]))
  const others = hashes.filter(hash => !found.has(hash))
  if (others.length === 0) return found
  const include = { key: { include: withOwner }, ...withOwner }
  const sessionKeys = await database.sessionKey.findMany({ where: { hash: { in: others } }, include })
  for (const { hash, key, student: own, expiresAt } of sessionKeys) {
    const student = key?.student ?? own
    if (student) found.set(hash, { student, revokedAt: key?.revokedAt ?? null, expiresAt })
  }
  return found
}

async function findKey(work: Prisma.TransactionClient, keyId: string): Promise<KeyRow> {
  const key = await work.apiKey.findUnique({ where: { id: keyId }, include: withCourse })
  if (!key) throw new LecternError('not_found', { message: 'There is no such key.' })
  return key
}

/** A new key in the place of another one, whose hash and those of its session keys are answered. */
export async function replaceKey(
  work: Prisma.TransactionClient,
  keyId: string,
  key: NewKey,
): Promise<{ ended: string[]; begun: KeyRow }> {
  const before = await findKey(work, keyId)
  const begun = await insertKey(work, before.studentId, key)
  const { hashes, isNew } = await endKey(work, keyId)
  if (!isNew) throw new LecternError('conflict', { message: 'This key has been revoked.' })
  return { ended: hashes, begun }
}

/** A key of an active student. */
async function insertKey(work: Prisma.TransactionClient, studentId: string, key: NewKey): Promise<KeyRow> {
  // Locked, so that nobody drops the student in between and leaves a key that works.
  await work.$queryRaw`SELECT FROM quota.students WHERE id = ${studentId} FOR UPDATE`
  const student = await work.student.findUnique({ where: { id: studentId } })
  if (!student || student.trial) throw noSuchStudent()
  if (!student.active) throw new LecternError('conflict', { message: 'This student was dropped.' })
  checkBucket(key, student.courseId, 'key')
  return work.apiKey.create({ data: { ...key, studentId }, include: withCourse })
}

async function endKey(
  work: Prisma.TransactionClient,
  keyId: string,
): Promise<{ hashes: string[]; isNew: boolean }> {
  // Before its session keys are read: whoever makes one at the same time has locked the key, or finds it ended.
  const { count } = await work.apiKey.updateMany({
    where: { id: keyId, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  return { hashes: await hashesOf(work, { id: keyId }), isNew: count > 0 }
}

/** The hashes of keys, with those of the session keys that were made by them. */
export async function hashesOf(
  work: Prisma.TransactionClient,
  where: Prisma.ApiKeyWhereInput,
): Promise<string[]> {
  const select = { hash: true, sessionKeys: { select: { hash: true } } }
  const keys = await work.apiKey.findMany({ where, select })
  return keys.flatMap(({ hash, sessionKeys }) => [hash, ...sessionKeys.map(sessionKey => sessionKey.hash)])
}
