import type { Course } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { weekBoundariesMs } from '@lectern/shared/week.ts'
import type { Course as CourseRow } from '../generated/client.ts'

/** What a course lets its students do, as the scripts need it. */
export interface CoursePolicy {
  id: string
  /** The newest wins, in whatever order copies arrive. */
  version: number
  /** Beginnings of the weeks, and the end of the last. */
  boundariesMs: number[]
  models: string[]
  defaultMaxTokens: number
  requestsPerMinute: number
  parallelRequests: number
}

export function toPolicy(row: CourseRow): CoursePolicy {
  const { id, version, models, defaultMaxTokens, requestsPerMinute, parallelRequests } = row
  const boundariesMs = weekBoundariesMs(calendarOf(row))
  return { id, version, boundariesMs, models, defaultMaxTokens, requestsPerMinute, parallelRequests }
}

export function toCourse(row: CourseRow): Course {
  const { id, name, models, defaultMaxTokens, requestsPerMinute, parallelRequests, createdAt } = row
  return {
    id,
    name,
    ...calendarOf(row),
    weeklyTokens: Number(row.weeklyTokens),
    defaultMaxTokens,
    models,
    requestsPerMinute,
    parallelRequests,
    createdAt: createdAt.toISOString(),
  }
}

export function calendarOf({ timezone, startsOn, weeks }: CourseRow) {
  return { timezone, startsOn: startsOn.toISOString().slice(0, 10), weeks }
}

/** A day as Postgres keeps it. */
export function toDate(day: string): Date {
  return new Date(`${day}T00:00:00Z`)
}

/** Refuses what the field patterns cannot see: a day that does not exist, an unknown zone, a model name with a line break. */
export function checkSettings({ startsOn, timezone, weeks, models }: Partial<Course>): void {
  if (startsOn !== undefined) check('startsOn', 'is not a date', { startsOn, timezone: 'UTC', weeks: 1 })
  if (timezone !== undefined) {
    check('timezone', 'is not an IANA time zone', {
      startsOn: startsOn ?? '2000-01-01',
      timezone,
      weeks: weeks ?? 1,
    })
  }
  const place = models?.findIndex(model => /\p{Cc}/u.test(model)) ?? -1
  if (place >= 0) refuse(`models[${place}]`, 'must not contain control characters')
}

function check(param: string, fault: string, calendar: Parameters<typeof weekBoundariesMs>[0]): void {
  try {
    // A course of the past is fine, one before the epoch is a typing error (and the scripts count from there).
    if ((weekBoundariesMs(calendar)[0] ?? -1) >= 0) return
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  refuse(param, fault)
}

function refuse(param: string, fault: string): never {
  throw new LecternError('invalid_request', { message: `${param} ${fault}.`, param })
}
