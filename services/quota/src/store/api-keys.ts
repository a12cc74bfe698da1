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
  /** Repeatable: the first time stays. */
  revoke(keyId: string): Promise<KeyRow>
  /** The old one ends as the new one begins. */
  rotate(keyId: string, key: NewKey): Promise<{ ended: KeyRow; begun: KeyRow }>
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
      return database.$transaction(work => revokeKey(work, keyId))
    },

    rotate(keyId, key) {
      return notTaken(
        database.$transaction(async work => {
          const before = await findKey(work, keyId)
          const begun = await insertKey(work, before.studentId, key)
          const { count } = await endKey(work, keyId)
          if (count === 0) throw new LecternError('conflict', { message: 'This key has been revoked.' })
          return { ended: await findKey(work, keyId), begun }
        }),
      )
    },

    revokedSince(time) {
      return database.apiKey.findMany({ where: { revokedAt: { gte: time } }, select: { hash: true } })
    },
  }
}

async function findKey(work: Prisma.TransactionClient, keyId: string): Promise<KeyRow> {
  const key = await work.apiKey.findUnique({ where: { id: keyId }, include: withCourse })
  if (!key) throw new LecternError('not_found', { message: 'There is no such key.' })
  return key
}

async function insertKey(work: Prisma.TransactionClient, studentId: string, key: NewKey): Promise<KeyRow> {
  // Locked, so that nobody drops the student in between and leaves a key that works.
  await work.$queryRaw`SELECT FROM quota.students WHERE id = ${studentId} FOR UPDATE`
  const student = await work.student.findUnique({ where: { id: studentId } })
  if (!student) throw noSuchStudent()
  if (!student.active) throw new LecternError('conflict', { message: 'This student was dropped.' })
  checkBucket(key, student.courseId, 'key')
  return work.apiKey.create({ data: { ...key, studentId }, include: withCourse })
}

function endKey(work: Prisma.TransactionClient, keyId: string) {
  return work.apiKey.updateMany({ where: { id: keyId, revokedAt: null }, data: { revokedAt: new Date() } })
}

async function revokeKey(work: Prisma.TransactionClient, keyId: string): Promise<KeyRow> {
  await endKey(work, keyId)
  return findKey(work, keyId)
}
