import { createHash } from 'node:crypto'
import type { NewStudent } from '@lectern/shared/contracts/courses.ts'
import type { Course } from '../../generated/client.ts'
import { readJoinCode } from '../join-code.ts'
import { toEmail } from '../student.ts'
import { type Database, isTaken } from './database.ts'
import type { StudentRow } from './students.ts'
import { type Tries, type TryLimit, tryKey } from './tries.ts'

/** Wrong codes of an address. 27^9 codes: who guesses for a year does so in vain; who mistypes need not wait. */
const WRONG: TryLimit = { burst: 20, everyMs: 10_000 }
/** Who knows the code could fill the course with invented students. A lecture hall may be behind one address. */
const JOINED: TryLimit = { burst: 500, everyMs: 30_000 }

/** Joining by a code, in Postgres. */
export interface Joins {
  /** The course of a code; a wrong one takes a try of the address. `waitMs`: there is none. */
  find(
    address: string,
    code: string,
    nowMs: number,
  ): Promise<{ course: Course | null; waitMs: number | null }>
  /** Takes one of those who may join from an address. Answers for how long there is none. */
  takePlace(address: string, nowMs: number): Promise<number | null>
  /** Null: the e-mail address has joined already. `consent`: the text that was accepted. */
  enter(courseId: string, student: NewStudent, consent: string | null, now: Date): Promise<StudentRow | null>
}

export function createJoins(database: Database, tries: Tries): Joins {
  return {
    async find(address, code, nowMs) {
      const key = tryKey('join', address)
      // Before anything is looked up, so that codes tried at the same moment count, too.
      const waitMs = await tries.take(key, WRONG, nowMs)
      if (waitMs !== null) return { course: null, waitMs }
      const course = await database.course.findUnique({ where: { joinCode: readJoinCode(code) } })
      if (course) await tries.giveBack(key, WRONG)
      return { course, waitMs: null }
    },

    takePlace(address, nowMs) {
      return tries.take(tryKey('joined', address), JOINED, nowMs)
    },

    async enter(courseId, { id, name, email, key }, consent, now) {
      const version = consent === null ? null : consentVersion(consent)
      const accepted = version === null ? {} : { consentVersion: version, consentedAt: now }
      try {
        return await database.$transaction(async work => {
          if (version !== null && consent !== null) {
            await work.consentText.createMany({ data: [{ version, text: consent }], skipDuplicates: true })
          }
          return work.student.create({
            data: { id, courseId, name, email: toEmail(email), ...accepted, keys: { create: key } },
            include: { keys: true },
          })
        })
      } catch (error) {
        if (isTaken(error)) return null
        throw error
      }
    },
  }
}

/** By what a text is named: who accepts it says which one they have read. */
export function consentVersion(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
