import type { WeekRefusalsCall } from '@lectern/shared/contracts/refusals.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Refusals } from '../store/refusals.ts'

/** `quota.courses.refusals`: of one week, summed by reason. */
export function weekRefusals(refusals: Refusals): Handler<typeof WeekRefusalsCall> {
  return async ({ courseId, week }) => ({ items: await refusals.ofWeek(courseId, week) })
}
