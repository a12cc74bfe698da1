import type { QuestionsUseCall, WeeksUseCall, WeekUseCall } from '@lectern/shared/contracts/use.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Use } from '../store/use.ts'
import { daysOf, endingsOf, hoursOf, modelsOf, weekOf, weeksOf } from '../use.ts'

/** `use.week`: how a course used one week. */
export function weekUse(use: Use): Handler<typeof WeekUseCall> {
  return async ({ courseId, week, timezone }) => {
    checkZone(timezone)
    const { quarters, buckets, topStudents, countedTo } = await use.week(courseId, week)
    return {
      ...weekOf(week, quarters, buckets, topStudents[0]?.students ?? 0),
      days: daysOf(quarters, timezone),
      hours: hoursOf(quarters, timezone),
      models: modelsOf(quarters, buckets),
      endings: endingsOf(quarters),
      topStudents: topStudents.map(({ student_id, requests, charge_tokens }) => ({
        studentId: student_id,
        requests,
        chargeTokens: charge_tokens,
      })),
      countedToMs: countedTo.getTime(),
    }
  }
}

/** `use.weeks`: the same of all weeks, in short. */
export function weeksUse(use: Use): Handler<typeof WeeksUseCall> {
  return async ({ courseId, week = null }) => {
    const { weeks, buckets, students, countedTo } = await use.weeks(courseId, week)
    return { items: weeksOf(weeks, buckets, students), countedToMs: countedTo.getTime() }
  }
}

/** `use.questions`: what was asked most in a week. */
export function questionsUse(use: Use): Handler<typeof QuestionsUseCall> {
  return ({ courseId, week, limit }) => use.questions(courseId, week, limit)
}

function checkZone(timezone: string): void {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timezone)
  } catch (cause) {
    throw new LecternError('invalid_request', {
      message: 'timezone is no time zone.',
      param: 'timezone',
      cause,
    })
  }
}
