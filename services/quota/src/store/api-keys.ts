import type { NewKey } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { ApiKey, Course, Prisma, Student } from '../../generated/client.ts'
import { checkBucket } from '../roster.ts'
import { type Database, isTaken } from './database.ts'
import { noSuchStudent } from './students.ts'

/** API keys in Postgres: only their hashes. */
export interface ApiKeys {
  find(keyId: string): Promise<KeyRow>
  /** Null: no such key was ever issued. */
  findByHash(hash: string): Promise<(ApiKey & { student: Student & { course: Course } }) | null>
  create(studentId: string, key: NewKey): Promise<KeyRow>
  /** With the session keys that were made by it. Repeatable: the first time stays. */
  revoke(keyId: string): Promise<{ key: KeyRow; ended: string[] }>
  /** The old one ends, with the session keys that were made by it, as the new one begins. `ended`: their hashes. */
  rotate(keyId: string, key: NewKey): Promise<{ ended: string[]; begun: KeyRow }>
  revokedSince(time: Date): Promise<{ hash: string }[]>
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

    findByHash(hash) {
      return database.apiKey.findUnique({
        where: { hash },
        include: { student: { include: { course: true } } },
      })
    },

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

    revokedSince(time) {
      return database.apiKey.findMany({ where: { revokedAt: { gte: time } }, select: { hash: true } })
    },
  }
}

/** Of those that staff and students see: not of a session. */
async function findKey(work: Prisma.TransactionClient, keyId: string): Promise<KeyRow> {
  const key = await work.apiKey.findUnique({ where: { id: keyId, parentId: null }, include: withCourse })
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

/** A key of an active student; one of a session ends with its `parentId`, or when it expires. */
export async function insertKey(
  work: Prisma.TransactionClient,
  studentId: string,
  key: NewKey,
  session: { parentId: string; expiresAt: Date } | null = null,
): Promise<KeyRow> {
  // Locked, so that nobody drops the student in between and leaves a key that works.
  await work.$queryRaw`SELECT FROM quota.students WHERE id = ${studentId} FOR UPDATE`
  const student = await work.student.findUnique({ where: { id: studentId } })
  if (!student) throw noSuchStudent()
  if (!student.active) throw new LecternError('conflict', { message: 'This student was dropped.' })
  checkBucket(key, student.courseId, 'key')
  return work.apiKey.create({ data: { ...key, ...session, studentId }, include: withCourse })
}

async function endKey(
  work: Prisma.TransactionClient,
  keyId: string,
): Promise<{ hashes: string[]; isNew: boolean }> {
  // Before its session keys: whoever makes one at the same time has locked the key, or finds it ended.
  const { count } = await work.apiKey.updateMany({
    where: { id: keyId, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  await work.apiKey.updateMany({
    where: { parentId: keyId, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  const rows = await work.apiKey.findMany({
    where: { OR: [{ id: keyId }, { parentId: keyId }] },
    select: { hash: true },
  })
  return { hashes: rows.map(({ hash }) => hash), isNew: count > 0 }
}
