import type { Break, Course, Prices } from '@lectern/shared/contracts/courses.ts'
import type { Weights } from '@lectern/shared/contracts/quota.ts'
import { type Calendar, isOutside, type Stretch, stretchesOf } from '@lectern/shared/week.ts'
import type { Course as CourseRow } from '../generated/client.ts'
import { writeAnswerCaching } from './answer-caching.ts'

/** What a course lets its students do, as the scripts need it. */
export interface CoursePolicy {
  id: string
  /** The newest wins, in whatever order copies arrive. */
  version: number
  /** When it is open. */
  stretches: Stretch[]
  /** When it is not: then only staff try their prompts. */
  rests: Stretch[]
  models: string[]
  modelWeights: Record<string, Weights>
  defaultMaxTokens: number
  requestsPerMinute: number
  parallelRequests: number
  tokensPerMinute: number | null
  courseParallelRequests: number | null
  /** Whether students may use keys of their own at providers. */
  ownKeys: boolean
  /** See `answer-caching.ts`. */
  answerCaching: string
}

export function toPolicy(row: CourseRow): CoursePolicy {
  const { id, version, models, defaultMaxTokens, requestsPerMinute, parallelRequests } = row
  const { tokensPerMinute, courseParallelRequests, ownKeys } = row
  return {
    ...{ id, version, models, defaultMaxTokens, requestsPerMinute, parallelRequests },
    ...{ tokensPerMinute, courseParallelRequests, modelWeights: toWeights(row), ownKeys },
    answerCaching: writeAnswerCaching(row),
    stretches: openStretchesOf(row),
    rests:
      row.outsideTokens === null ? stretchesOf(calendarOf(row)).filter(({ week }) => isOutside(week)) : [],
  }
}

export function toCourse(row: CourseRow): Course {
  const { id, name, models, defaultMaxTokens, requestsPerMinute, parallelRequests, createdAt } = row
  const { tokensPerMinute, courseParallelRequests, outsideTokens, ownKeys, answerCacheMinutes } = row
  const { joinCode, joinDomains, consentText } = row
  const { timezone, startsOn, weeks, breaks } = calendarOf(row)
  return {
    ...{ id, name, timezone, startsOn, weeks, breaks, models, defaultMaxTokens },
    ...{ requestsPerMinute, parallelRequests, tokensPerMinute, courseParallelRequests },
    weeklyTokens: Number(row.weeklyTokens),
    outsideTokens: outsideTokens === null ? null : Number(outsideTokens),
    carryOverTokens: Number(row.carryOverTokens),
    modelWeights: toWeights(row),
    ownKeys,
    answerCache: row.answerCache as Course['answerCache'],
    answerCacheMinutes,
    ...{ groupTokens: row.groupTokens as Record<string, number>, joinCode, joinDomains, consentText },
    retentionDays: row.retentionDays,
    modelPrices: row.modelPrices as Record<string, Prices>,
    currency: row.currency,
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
