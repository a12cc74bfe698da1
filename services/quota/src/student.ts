import type { Key, Student } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { ApiKey as KeyRow, Student as StudentRow } from '../generated/client.ts'

export function toKey({ id, hint, createdAt, revokedAt }: KeyRow): Key {
  return { id, hint, createdAt: createdAt.toISOString(), revokedAt: revokedAt?.toISOString() ?? null }
}

export function toStudent(row: StudentRow & { keys: KeyRow[] }): Student {
  const { id, courseId, name, email, group, active, createdAt, keys } = row
  return {
    id,
    courseId,
    name,
    email: email ?? '',
    group,
    consentVersion: row.consentVersion,
    consentedAt: row.consentedAt?.toISOString() ?? null,
    active,
    createdAt: createdAt.toISOString(),
    keys: keys.map(toKey),
  }
}

export const noSuchStudent = () => new LecternError('not_found', { message: 'There is no such student.' })

/** An e-mail address as it is stored and compared: written differently it is the same person's. */
export function toEmail(given: string): string | null {
  return given.trim().toLowerCase() || null
}
