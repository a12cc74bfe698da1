import type { NewKey, NewStudent } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { bucketOfCourse, bucketOfKeyHash } from '@lectern/shared/keys.ts'
import { toEmail } from './student.ts'

/** What of a list of new students is there already. E-mails only of the same course. */
export interface Taken {
  ids: Set<string>
  emails: Set<string>
  keyIds: Set<string>
  keyHashes: Set<string>
}

/** The first row that is taken, or that repeats an earlier row, as a conflict that names it; null: none. */
export function findClash(students: readonly NewStudent[], taken: Taken): LecternError | null {
  const seen = {
    ids: new Set(taken.ids),
    emails: new Set(taken.emails),
    keyIds: new Set(taken.keyIds),
    keyHashes: new Set(taken.keyHashes),
  }
  for (const [index, { id, email, key }] of students.entries()) {
    const row = `students[${index}]`
    const address = toEmail(email)
    if (seen.ids.has(id)) return clash(`${row}.id`, `the id ${id}`)
    if (address !== null && seen.emails.has(address)) return clash(`${row}.email`, `the e-mail ${address}`)
    if (seen.keyIds.has(key.id) || seen.keyHashes.has(key.hash)) return clash(`${row}.key`, 'the key')
    seen.ids.add(id)
    if (address !== null) seen.emails.add(address)
    seen.keyIds.add(key.id)
    seen.keyHashes.add(key.hash)
  }
  return null
}

function clash(param: string, what: string): LecternError {
  return new LecternError('conflict', { message: `${param}: ${what} is already taken.`, param })
}

/** Refuses a key that was minted for another course: it would be looked for in the wrong bucket. */
export function checkBucket(key: Pick<NewKey, 'hash'>, courseId: string, param: string): void {
  if (bucketOfKeyHash(key.hash) === bucketOfCourse(courseId)) return
  throw new LecternError('invalid_request', {
    message: `${param}.hash is not of a key minted for the course ${courseId}.`,
    param: `${param}.hash`,
  })
}
