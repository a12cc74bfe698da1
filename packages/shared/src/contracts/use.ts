import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { CourseId, ModelName, Nullable, StudentId, TimeMs, Week } from './fields.ts'
import { Outcome } from './records.ts'

/** How a course uses what it has: sums without texts. Owned by the logger, asked by the console. */

const Count = Type.Integer({ minimum: 0 })

const sums = {
  requests: Count,
  /** As the provider reported them; the cached ones are a part of the input. */
  inputTokens: Count,
  cachedTokens: Count,
  outputTokens: Count,
  /** Taken from the students' weeks. */
  chargeTokens: Count,
}
/** Until the first token, within a twentieth; null: no request had one. */
const firstToken = { p50Ms: Nullable(Type.Number()), p95Ms: Nullable(Type.Number()) }
const week = {
  week: Week,
  ...sums,
  /** Who asked at all. */
  students: Count,
  /** Answered by a rule of the staff. */
  blocked: Count,
  /** The provider failed, or broke off. */
  failed: Count,
  ...firstToken,
}
export const WeekUse = Type.Object(week)
export type WeekUse = Static<typeof WeekUse>

export const DayUse = Type.Object({
  day: Type.String({ description: 'in the time zone of the course, YYYY-MM-DD' }),
  ...sums,
})
export type DayUse = Static<typeof DayUse>

/** Only hours in which something was asked. */
export const HourUse = Type.Object({
  weekday: Type.Integer({ minimum: 1, maximum: 7, description: '1 is Monday' }),
  hour: Type.Integer({ minimum: 0, maximum: 23, description: 'in the time zone of the course' }),
  requests: Count,
  chargeTokens: Count,
})
export type HourUse = Static<typeof HourUse>

/** What the course has to pay a provider for: not what a student's own key paid, nor an answer that was given again. */
const Paid = Type.Object({ inputTokens: Count, cachedTokens: Count, outputTokens: Count })
export const ModelUse = Type.Object({ model: ModelName, ...sums, ...firstToken, paid: Paid })
export type ModelUse = Static<typeof ModelUse>

/** How requests ended, by code of the error that the client met. */
export const EndingUse = Type.Object({
  outcome: Outcome,
  errorCode: Nullable(Type.String()),
  requests: Count,
})
export type EndingUse = Static<typeof EndingUse>

export const StudentUse = Type.Object({ studentId: StudentId, requests: Count, chargeTokens: Count })
export type StudentUse = Static<typeof StudentUse>

/** What was asked most, by how the questions begin, whatever the case. */
export const QuestionUse = Type.Object({
  question: Type.String({ description: 'the beginning of one of them' }),
  requests: Count,
  students: Count,
})
export type QuestionUse = Static<typeof QuestionUse>

/** What was stored until then is counted; more than a minute ago only after an upgrade, until the sums have caught up. */
const countedToMs = TimeMs

/** One week. The zone is the course's: where its days and hours begin. */
export const WeekUseCall = defineCall(
  'use.week',
  Type.Object({ courseId: CourseId, week: Week, timezone: Type.String({ minLength: 1, maxLength: 64 }) }),
  Type.Object({
    ...week,
    days: Type.Array(DayUse),
    hours: Type.Array(HourUse),
    models: Type.Array(ModelUse),
    endings: Type.Array(EndingUse),
    /** Those who used most, first; 200 at most. */
    topStudents: Type.Array(StudentUse),
    countedToMs,
  }),
)
/** Every week in which something was asked, in order; or only the one that is named. */
export const WeeksUseCall = defineCall(
  'use.weeks',
  Type.Object({ courseId: CourseId, week: Type.Optional(Week) }),
  Type.Object({ items: Type.Array(WeekUse), countedToMs }),
)
/** Of the newest questions of a week, at most 20,000. */
export const QuestionsUseCall = defineCall(
  'use.questions',
  Type.Object({
    courseId: CourseId,
    week: Week,
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 20 }),
  }),
  Type.Object({ items: Type.Array(QuestionUse), read: Count }),
)
