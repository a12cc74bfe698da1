import { Type } from 'typebox'
import { TRIAL_ACCOUNT } from '../trial.ts'

/** Fields that several contracts share. */

/** Chosen by staff: short, readable, safe in a URL and in a subject. */
export const CourseId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'lower-case letters, digits and -',
})
export const StudentId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.@-]{0,79}$',
  description: 'unique among all courses',
})
/** Of somebody who is put on the roster: no id of a trial account (`trial.ts`). */
export const RosterId = Type.String({
  pattern: `^(?!${TRIAL_ACCOUNT.slice(1)})[A-Za-z0-9][A-Za-z0-9_.@-]{0,79}$`,
  description: 'unique among all courses',
})
export const KeyId = Type.String({ minLength: 1, maxLength: 64 })
export const KeyHash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the key, hex' })
/** UUIDv7 made by the gateway; the same id names the request, its reservation and its record. */
export const RequestId = Type.String({ minLength: 1, maxLength: 64 })
/**
 * A week of the course, counted from 1. Where a course is open outside its weeks, each such stretch is an account of its
 * own, under a number that no week has: 1000 is the time before week 1, 1007 a break that begins seven calendar weeks after the
 * first day, 1999 the time after the last week. See `week.ts`.
 */
export const Week = Type.Integer({ minimum: 1, maximum: 1999 })
export const Tokens = Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 })
/** Epoch milliseconds. */
export const TimeMs = Type.Integer({ minimum: 0 })
/** A date-time in ISO 8601, UTC. */
export const Iso = Type.String({ minLength: 20, maxLength: 35 })
/** The public name of a model, as students write it. */
export const ModelName = Type.String({ minLength: 1, maxLength: 200 })

/** A provider, as the providers file names it. */
export const ProviderName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$',
  description: 'letters, digits and _ . -',
})

export const Domain = Type.String({
  maxLength: 253,
  pattern: '^[a-z0-9-]+([.][a-z0-9-]+)+$',
  description: 'a domain in lower case, like example.edu',
})

/** Who of the staff did it: an e-mail, or `token`. */
export const Actor = Type.String({ minLength: 1, maxLength: 320 })

/** A section of a course, as the roster names it. */
export const GroupName = Type.String({ minLength: 1, maxLength: 100 })

/** A page of a list: at most `limit` items after `cursor`; `next` is the cursor of the next page, null at the end. */
export const PageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
}
export const Next = Type.Union([Type.String(), Type.Null()])
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])
