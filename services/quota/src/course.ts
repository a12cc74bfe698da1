import type { Break, Course, CourseInput } from '@lectern/shared/contracts/courses.ts'
import type { Weights } from '@lectern/shared/contracts/quota.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { type Calendar, isOutside, type Stretch, stretchesOf } from '@lectern/shared/week.ts'
import type { Course as CourseRow } from '../generated/client.ts'

/** What a course lets its students do, as the scripts need it. */
export interface CoursePolicy {
  id: string
  /** The newest wins, in whatever order copies arrive. */
  version: number
  /** When it is open. */
  stretches: Stretch[]
  models: string[]
  modelWeights: Record<string, Weights>
  defaultMaxTokens: number
  requestsPerMinute: number
  parallelRequests: number
  tokensPerMinute: number | null
  courseParallelRequests: number | null
}

export function toPolicy(row: CourseRow): CoursePolicy {
  const { id, version, models, defaultMaxTokens, requestsPerMinute, parallelRequests } = row
  const { tokensPerMinute, courseParallelRequests } = row
  return {
    ...{ id, version, models, defaultMaxTokens, requestsPerMinute, parallelRequests },
    ...{ tokensPerMinute, courseParallelRequests, modelWeights: toWeights(row) },
    stretches: openStretchesOf(row),
  }
}

export function toCourse(row: CourseRow): Course {
  const { id, name, models, defaultMaxTokens, requestsPerMinute, parallelRequests, createdAt } = row
  const { tokensPerMinute, courseParallelRequests, outsideTokens } = row
  const { timezone, startsOn, weeks, breaks } = calendarOf(row)
  return {
    ...{ id, name, timezone, startsOn, weeks, breaks, models, defaultMaxTokens },
    ...{ requestsPerMinute, parallelRequests, tokensPerMinute, courseParallelRequests },
    weeklyTokens: Number(row.weeklyTokens),
    outsideTokens: outsideTokens === null ? null : Number(outsideTokens),
    carryOverTokens: Number(row.carryOverTokens),
    modelWeights: toWeights(row),
    createdAt: createdAt.toISOString(),
  }
}

// What was checked before it was written.
const toWeights = (row: CourseRow) => row.modelWeights as Record<string, Weights>

export function calendarOf({ timezone, startsOn, weeks, breaks }: CourseRow): Calendar & { breaks: Break[] } {
  // What was checked before it was written.
  return {
    timezone,
    startsOn: startsOn.toISOString().slice(0, 10),
    weeks,
    breaks: breaks as unknown as Break[],
  }
}

/** The stretches in which students may ask: the weeks, and what is outside them where the course has an allowance for it. */
export function openStretchesOf(row: CourseRow): Stretch[] {
  const stretches = stretchesOf(calendarOf(row))
  return row.outsideTokens === null ? stretches.filter(({ week }) => !isOutside(week)) : stretches
}

/** A day as Postgres keeps it. */
export function toDate(day: string): Date {
  return new Date(`${day}T00:00:00Z`)
}

/**
 * Refuses what the field patterns cannot see: a day that does not exist, an unknown zone, a break that does not begin where
 * a week would, a model name with a line break, a weight that would let a charge be more than was held.
 */
export function checkSettings(settings: CourseInput): void {
  const { timezone, startsOn, weeks, breaks = [], models, modelWeights = {} } = settings
  checkCalendar('startsOn', 'is not a date', { startsOn, timezone: 'UTC', weeks: 1, breaks: [] })
  checkCalendar('timezone', 'is not an IANA time zone', { startsOn, timezone, weeks, breaks: [] })
  checkCalendar('breaks', 'must each begin where a later week would', { startsOn, timezone, weeks, breaks })
  const place = models.findIndex(hasControls)
  if (place >= 0) refuse(`models[${place}]`, 'must not contain control characters')
  for (const [model, { input, cachedInput }] of Object.entries(modelWeights)) {
    if (hasControls(model)) refuse('modelWeights', 'must not contain control characters')
    // A hold takes the whole prompt for uncached.
    if (cachedInput > input) refuse(`modelWeights.${model}.cachedInput`, 'must not be more than input')
  }
}

const hasControls = (model: string) => /\p{Cc}/u.test(model)

function checkCalendar(param: string, fault: string, calendar: Calendar): void {
  try {
    // A course of the past is fine, one before the epoch is a typing error (and the scripts count from there).
    if ((stretchesOf(calendar)[1]?.startsAtMs ?? -1) >= 0) return
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  refuse(param, fault)
}

function refuse(param: string, fault: string): never {
  throw new LecternError('invalid_request', { message: `${param} ${fault}.`, param })
}
