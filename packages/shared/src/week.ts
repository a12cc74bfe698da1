/**
 * Weeks of a course. Week 1 begins on the course's first day at midnight of the course's own time zone; each next one
 * begins seven calendar days later, so a week has 167 or 169 hours where the clocks change. A break is whole weeks long
 * and is not counted: the week after it has the next number.
 */

export interface Calendar {
  /** IANA name, for example `Europe/Berlin`. */
  timezone: string
  /** First day of week 1, `YYYY-MM-DD`. */
  startsOn: string
  /** Number of weeks, breaks not counted. */
  weeks: number
  /** Between two weeks each; in any order. */
  breaks: readonly { startsOn: string; weeks: number }[]
}

/** A week, or a stretch outside the weeks. All of a course's follow upon each other without a gap. */
export interface Stretch {
  /** From 1 where it is a week; else `BEFORE`, a number between them for a break, or `AFTER`. */
  week: number
  startsAtMs: number
  endsAtMs: number
}

/**
 * Numbers of the stretches outside the weeks: more than any course has weeks. A break has `BEFORE` and the number of calendar
 * weeks between the first day and its own, so that another break before it does not give it another account.
 */
export const BEFORE = 1000
export const AFTER = 1999

/** The stretch after the last week has no end; what must name one says this. */
export const NEVER_MS = Date.UTC(9999, 11, 31)

export function isOutside(week: number): boolean {
  return week >= BEFORE
}

/**
 * A course's time from the epoch on: what is before week 1, the weeks, the breaks between them, what is after. Throws a
 * RangeError for an unknown zone, an impossible date, a break that does not begin where a later week would, or too many weeks.
 */
export function stretchesOf({ timezone, startsOn, weeks, breaks }: Calendar): Stretch[] {
  const first = Temporal.PlainDate.from(startsOn, { overflow: 'reject' })
  const rests = breaks
    .map(rest => ({ weeks: rest.weeks, day: Temporal.PlainDate.from(rest.startsOn, { overflow: 'reject' }) }))
    .sort((a, b) => Temporal.PlainDate.compare(a.day, b.day))
  const begins = [{ week: BEFORE, atMs: 0 }]
  // Weeks of the calendar so far, and breaks.
  let passed = 0
  let taken = 0
  const day = () => first.add({ weeks: passed })
  const begin = (week: number, length: number) => {
    begins.push({ week, atMs: day().toZonedDateTime(timezone).epochMilliseconds })
    passed += length
  }
  for (let week = 1; week <= weeks; week += 1) {
    for (let rest = rests[taken]; week > 1 && rest?.day.equals(day()); rest = rests[taken]) {
      begin(BEFORE + passed, rest.weeks)
      taken += 1
    }
    begin(week, 1)
  }
  begin(AFTER, 0)
  const stray = rests[taken]
  if (stray) throw new RangeError(`the break of ${stray.day} does not begin where a later week would`)
  if (passed >= AFTER - BEFORE) throw new RangeError('weeks and breaks are more than 998 weeks together')
  return begins.map(({ week, atMs }, index) => ({
    week,
    startsAtMs: atMs,
    endsAtMs: begins[index + 1]?.atMs ?? NEVER_MS,
  }))
}

/** The stretch in which an instant falls; null where the list has none for it. */
export function stretchAt(stretches: readonly Stretch[], nowMs: number): Stretch | null {
  return stretches.find(({ startsAtMs, endsAtMs }) => startsAtMs <= nowMs && nowMs < endsAtMs) ?? null
}
