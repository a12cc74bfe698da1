import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { CourseId, Iso, Week } from './fields.ts'
import { DenialReason } from './quota.ts'

/** What was refused before it began, so that there is no record of it. Counted by the quota service, asked by the console. */

const Count = Type.Integer({ minimum: 0 })

/** Refusals of one reason in a week. */
export const RefusalUse = Type.Object({
  reason: DenialReason,
  requests: Count,
  /** How many students met it. */
  students: Count,
  lastAt: Iso,
})
export type RefusalUse = Static<typeof RefusalUse>

/** Most requests first. */
export const WeekRefusalsCall = defineCall(
  'quota.courses.refusals',
  Type.Object({ courseId: CourseId, week: Week }),
  Type.Object({ items: Type.Array(RefusalUse) }),
)
