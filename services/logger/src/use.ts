import type { DayUse, EndingUse, HourUse, ModelUse, WeekUse } from '@lectern/shared/contracts/use.ts'
import type { BucketRow, QuarterRow, WeekRow } from './store/use.ts'

/** What staff see of the sums: totals, days, hours, models. Pure. */

type Sums = Pick<
  QuarterRow,
  'requests' | 'input_tokens' | 'cached_tokens' | 'output_tokens' | 'charge_tokens'
>

const FAILED = ['upstream_cut', 'upstream_stalled', 'upstream_failed']
/** The middle of a bucket, whose number is the logarithm to this base. */
const BUCKET_BASE = 1.1

/** The sums of rows, as they are told. */
export function sumOf(rows: readonly Sums[]) {
  const total = (name: keyof Sums) => rows.reduce((sum, row) => sum + row[name], 0)
  return {
    requests: total('requests'),
    inputTokens: total('input_tokens'),
    cachedTokens: total('cached_tokens'),
    outputTokens: total('output_tokens'),
    chargeTokens: total('charge_tokens'),
  }
}

/** One week of a course at a glance. */
export function weekOf(
  week: number,
  rows: readonly (Sums & { outcome: string })[],
  buckets: readonly BucketRow[],
  students: number,
): WeekUse {
  const requestsOf = (outcomes: string[]) =>
    sumOf(rows.filter(row => outcomes.includes(row.outcome))).requests
  return {
    week,
    ...sumOf(rows),
    students,
    blocked: requestsOf(['blocked']),
    failed: requestsOf(FAILED),
    ...firstTokenOf(buckets),
  }
}

/** Every week of a course, in order. */
export function weeksOf(
  rows: readonly WeekRow[],
  buckets: readonly BucketRow[],
  students: readonly { week: number; students: number }[],
): WeekUse[] {
  return [...Map.groupBy(rows, row => row.week)].map(([week, own]) =>
    weekOf(
      week,
      own,
      buckets.filter(row => row.week === week),
      students.find(row => row.week === week)?.students ?? 0,
    ),
  )
}

/** By day of the course, in order. */
export function daysOf(rows: readonly QuarterRow[], timezone: string): DayUse[] {
  const days = Map.groupBy(rows, ({ at }) => localOf(at, timezone).toPlainDate().toString())
  return [...days].map(([day, own]) => ({ day, ...sumOf(own) })).sort((a, b) => (a.day < b.day ? -1 : 1))
}

/** By hour of the week, from Monday on. */
export function hoursOf(rows: readonly QuarterRow[], timezone: string): HourUse[] {
  const hours = Map.groupBy(rows, ({ at }) => {
    const { dayOfWeek, hour } = localOf(at, timezone)
    return (dayOfWeek - 1) * 24 + hour
  })
  return [...hours]
    .sort(([a], [b]) => a - b)
    .map(([hourOfWeek, own]) => {
      const { requests, chargeTokens } = sumOf(own)
      return { weekday: Math.floor(hourOfWeek / 24) + 1, hour: hourOfWeek % 24, requests, chargeTokens }
    })
}

function localOf(at: Date, timezone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone)
}

/** By model, the most charged first. */
export function modelsOf(rows: readonly QuarterRow[], buckets: readonly BucketRow[]): ModelUse[] {
  return [...Map.groupBy(rows, row => row.model)]
    .map(([model, own]) => {
      const { inputTokens, cachedTokens, outputTokens } = sumOf(own.filter(row => row.paid))
      return {
        model,
        ...sumOf(own),
        ...firstTokenOf(buckets.filter(row => row.model === model)),
        paid: { inputTokens, cachedTokens, outputTokens },
      }
    })
    .sort((a, b) => b.chargeTokens - a.chargeTokens)
}

/** By how requests ended, the most frequent first. */
export function endingsOf(rows: readonly QuarterRow[]): EndingUse[] {
  return [...Map.groupBy(rows, row => `${row.outcome} ${row.error_code}`).values()]
    .map(own => ({
      outcome: own[0]?.outcome as EndingUse['outcome'],
      errorCode: own[0]?.error_code || null,
      requests: sumOf(own).requests,
    }))
    .sort((a, b) => b.requests - a.requests)
}

function firstTokenOf(buckets: readonly BucketRow[]) {
  return { p50Ms: percentile(buckets, 0.5), p95Ms: percentile(buckets, 0.95) }
}

/** The time under which a share of the requests had their first token; null: there is none. */
export function percentile(rows: readonly BucketRow[], share: number): number | null {
  const inOrder = rows.toSorted((a, b) => a.bucket - b.bucket)
  const rank = share * inOrder.reduce((sum, row) => sum + row.requests, 0)
  let seen = 0
  for (const { bucket, requests } of inOrder) {
    seen += requests
    if (seen >= rank) return Math.round(BUCKET_BASE ** (bucket + 0.5) * 10) / 10
  }
  return null
}
