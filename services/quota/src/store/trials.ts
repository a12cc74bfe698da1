import { createHash } from 'node:crypto'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { MintTrialKeyCall } from '@lectern/shared/contracts/trials.ts'
import { checkBucket } from '../roster.ts'
import { findCourse } from './courses.ts'
import type { Database } from './database.ts'
import { SESSION_KEY_MS } from './session-limits.ts'

/** The accounts on which staff try prompts, in Postgres. */
export interface Trials {
  /** A key for a few minutes; opens the account where there is none yet. Throws `not_found` where there is no such course. */
  mint(
    order: RequestOf<typeof MintTrialKeyCall>,
    nowMs: number,
  ): Promise<{ studentId: string; expiresAt: Date }>
}

export function createTrials(database: Database): Trials {
  return {
    async mint({ courseId, staff, name, keyHash }, nowMs) {
      checkBucket({ hash: keyHash }, courseId, 'key')
      await findCourse(database, courseId)
      const studentId = accountOf(courseId, staff)
      const expiresAt = new Date(nowMs + SESSION_KEY_MS)
      await database.$transaction([
        database.student.upsert({
          where: { id: studentId },
          create: { id: studentId, courseId, name, trial: true },
          update: { name },
        }),
        database.sessionKey.deleteMany({ where: { expiresAt: { lte: new Date(nowMs) } } }),
        database.sessionKey.create({ data: { hash: keyHash, studentId, expiresAt } }),
      ])
      return { studentId, expiresAt }
    },
  }
}

/** As `TRIAL_ACCOUNT` has it: somebody has one account in each course, whichever replica opens it. */
function accountOf(courseId: string, staff: string): string {
  return `trial.${createHash('sha256').update(`${courseId} ${staff}`).digest('hex')}`
}
