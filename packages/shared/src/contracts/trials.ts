import { Type } from 'typebox'
import { defineCall } from './call.ts'
import { CourseId, KeyHash, StudentId, TimeMs } from './fields.ts'

/** How staff try a prompt against a model. Owned by the quota service, asked by the console. */

/**
 * A key for a few minutes for the trial account of somebody of the staff in a course, which is opened by the first. It is
 * budgeted and limited like a student's. Only the SHA-256 travels, and nobody but the console that made the key ever has it.
 */
export const MintTrialKeyCall = defineCall(
  'quota.keys.trial',
  Type.Object(
    {
      courseId: CourseId,
      /** Who: an id of the staff, or `token`. */
      staff: Type.String({ minLength: 1, maxLength: 64 }),
      /** What staff see as the name of the account. */
      name: Type.String({ minLength: 1, maxLength: 200 }),
      keyHash: KeyHash,
    },
    { additionalProperties: false },
  ),
  Type.Object({ studentId: StudentId, expiresAtMs: TimeMs }),
)
