/**
 * Weeks of a course. Week 1 begins on the course's first day at midnight of the course's own time zone; each next one
 * begins seven calendar days later, so a week has 167 or 169 hours where the clocks change.
 */

export interface Calendar {
  /** IANA name, for example `Europe/Berlin`. */
  timezone: string
  /** First day of week 1, `YYYY-MM-DD`. */
  startsOn: string
  /** Number of weeks. */
  weeks: number
}

/**
 * The instants at which the weeks begin, in epoch milliseconds, and as its last element the end of the last week:
 * `weeks + 1` numbers, ascending. Throws a RangeError for an unknown zone or an impossible date.
 */
export function weekBoundariesMs(calendar: Calendar): number[] {
  const first = Temporal.PlainDate.from(calendar.startsOn, { overflow: 'reject' })
  return Array.from(
    { length: calendar.weeks + 1 },
    (_, index) => first.add({ weeks: index }).toZonedDateTime(calendar.timezone).epochMilliseconds,
  )
}

/** The week (1-based) in which an instant falls, or null before the first and after the last. */
export function weekAt(boundariesMs: readonly number[], nowMs: number): number | null {
  const week = boundariesMs.findLastIndex(startMs => startMs <= nowMs) + 1
  return week === 0 || week === boundariesMs.length ? null : week
}
