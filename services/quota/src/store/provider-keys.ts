import { LecternError } from '@lectern/shared/errors.ts'
import type { ProviderKey as ProviderKeyRow } from '../../generated/client.ts'
import type { Database } from './database.ts'
import { bucketFor } from './keys.ts'
import type { OwnKeysCopy } from './policies.ts'

/** Students' own keys at providers in Postgres, encrypted by the gateway. One that was removed leaves a row without it. */
export interface ProviderKeys {
  /** By provider. */
  list(studentId: string): Promise<StoredKey[]>
  /** In the place of the one that was there. */
  put(studentId: string, key: { provider: string; sealed: string; hint: string }): Promise<StoredKey>
  /** Whether there was one. Repeatable. */
  remove(studentId: string, provider: string): Promise<boolean>
  /** What Redis is told of a student. */
  copyOf(studentId: string): Promise<OwnKeysCopy>
  /** The students whose keys have changed. */
  changedSince(time: Date): Promise<string[]>
}

export type StoredKey = ProviderKeyRow & { sealed: string }

/** What is left of a removed key; the version says that it is newer than the key. */
export const removedKey = () => ({ sealed: null, hint: '', version: { increment: 1 } })

export function createProviderKeys(database: Database): ProviderKeys {
  return {
    async list(studentId) {
      const rows = await database.providerKey.findMany({ where: { studentId }, orderBy: { provider: 'asc' } })
      return rows.filter(isThere)
    },

    put(studentId, { provider, ...key }) {
      return database.$transaction(async work => {
        // Locked, so that nobody drops the student in between and leaves a key behind.
        await work.$queryRaw`SELECT FROM quota.students WHERE id = ${studentId} FOR UPDATE`
        const student = await work.student.findUnique({ where: { id: studentId } })
        if (!student?.active) throw new LecternError('conflict', { message: 'This student was dropped.' })
        const row = await work.providerKey.upsert({
          where: { studentId_provider: { studentId, provider } },
          create: { studentId, provider, ...key },
          update: { ...key, createdAt: new Date(), version: { increment: 1 } },
        })
        return { ...row, sealed: key.sealed }
      })
    },

    async remove(studentId, provider) {
      const { count } = await database.providerKey.updateMany({
        where: { studentId, provider, sealed: { not: null } },
        data: removedKey(),
      })
      return count > 0
    },

    async copyOf(studentId) {
      const student = await database.student.findUniqueOrThrow({
        where: { id: studentId },
        select: { courseId: true },
      })
      const rows = await database.providerKey.findMany({ where: { studentId } })
      return {
        bucket: bucketFor(student.courseId),
        studentId,
        // No row ever goes, and each change is one more: of two looks at the rows, the later one has the greater sum.
        version: rows.reduce((sum, { version }) => sum + version, 0),
        keys: rows.filter(isThere).map(({ provider, sealed }) => ({ provider, sealed })),
      }
    },

    async changedSince(time) {
      const rows = await database.providerKey.findMany({
        where: { updatedAt: { gte: time } },
        distinct: ['studentId'],
        select: { studentId: true },
      })
      return rows.map(({ studentId }) => studentId)
    },
  }
}

function isThere(row: ProviderKeyRow): row is StoredKey {
  return row.sealed !== null
}
