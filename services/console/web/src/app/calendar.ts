/**
 * A course's calendar as its pages draw it: calendar weeks from the first day on, each a week of the course or of a break. Days
 * are texts `YYYY-MM-DD`, which have no time zone; only "today" needs the course's.
 */

export interface Break {
  startsOn: string
  weeks: number
}

export interface Calendar {
  startsOn: string
  /** Weeks of the course, those of breaks not counted. */
  weeks: number
  breaks: readonly Break[]
}

export interface CalendarWeek {
  /** From 1 for a week of the course; null in a break. */
  number: number | null
  /** As the API knows it (see `Week` of the contracts): its number, or that of its break, which is named by its first week. */
  week: number
  startsOn: string
  /** The last day. */
  endsOn: string
}

/** Where a day falls: a week of the course or one of the stretches outside. */
export type Place = { at: 'before' | 'after' } | { at: 'week' | 'break'; index: number }

const DAY_MS = 86_400_000
const MOST_WEEKS = 300
/** The API's numbers of the time before the course, and after it; its breaks are in between. */
export const BEFORE = 1000
export const AFTER = 1999

/** A day some days later (or, negative, earlier). Throws a RangeError where there is no such day. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** All calendar weeks from the first to the last week of the course; empty while the first day is not a date. */
export function weeksOf({ startsOn, weeks, breaks }: Calendar): CalendarWeek[] {
  if (Number.isNaN(Date.parse(`${startsOn}T00:00Z`))) return []
  const resting = new Set(
    breaks.flatMap(rest =>
      Array.from({ length: rest.weeks }, (_, index) => addDays(rest.startsOn, 7 * index)),
    ),
  )
  const found: CalendarWeek[] = []
  let number = 0
  while (number < weeks && found.length < MOST_WEEKS) {
    const day = addDays(startsOn, 7 * found.length)
    const rests = number > 0 && resting.has(day)
    if (!rests) number += 1
    const last = found.at(-1)
    const week = !rests ? number : last?.number === null ? last.week : BEFORE + found.length
    found.push({ number: rests ? null : number, week, startsOn: day, endsOn: addDays(day, 6) })
  }
  return found
}

/** Today in a time zone. */
export function dayIn(timezone: string, nowMs: number): string {
  // Swedish dates are ISO dates.
  return new Intl.DateTimeFormat('sv', { timeZone: timezone, dateStyle: 'short' }).format(nowMs)
}

/** Where a day falls in the calendar. */
export function placeOf(weeks: readonly CalendarWeek[], day: string): Place {
  const first = weeks[0]
  if (!first || day < first.startsOn) return { at: 'before' }
  const index = weeks.findIndex(({ endsOn }) => day <= endsOn)
  if (index < 0) return { at: 'after' }
  return { at: weeks[index]?.number === null ? 'break' : 'week', index }
}

/** The number under which the API knows the stretch. */
export function weekNumber(weeks: readonly CalendarWeek[], place: Place): number {
  if (!('index' in place)) return place.at === 'before' ? BEFORE : AFTER
  return weeks[place.index]?.week ?? AFTER
}

/**
 * The calendar with a week of it made a break, or a break's week made one of the course again; the number of the course's weeks
 * stays. The first week cannot rest.
 */
export function toggleBreak(calendar: Calendar, startsOn: string): Break[] {
  const weeks = weeksOf(calendar)
  const resting = new Set(weeks.filter(({ number }) => number === null).map(week => week.startsOn))
  if (startsOn === calendar.startsOn) return [...calendar.breaks]
  if (!resting.delete(startsOn)) resting.add(startsOn)
  return keptBreaks({ ...calendar, breaks: joined([...resting].sort()) })
}

/** The breaks that still lie between two weeks of the course: with fewer weeks the last ones may not. */
export function keptBreaks(calendar: Calendar): Break[] {
  return joined(weeksOf(calendar).flatMap(({ number, startsOn }) => (number === null ? [startsOn] : [])))
}

/** Weeks that follow upon each other are one break. */
function joined(days: readonly string[]): Break[] {
  const breaks: Break[] = []
  for (const day of days) {
    const last = breaks.at(-1)
    if (last && addDays(last.startsOn, 7 * last.weeks) === day) last.weeks += 1
    else breaks.push({ startsOn: day, weeks: 1 })
  }
  return breaks
}

/** The breaks of a calendar whose first day moves: each stays after the same week. */
export function shiftBreaks(breaks: readonly Break[], from: string, to: string): Break[] {
  const days = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
  return breaks.map(({ startsOn, weeks }) => ({ startsOn: addDays(startsOn, days), weeks }))
}

/** The instant at which a day begins in a time zone, ISO in UTC. */
export const midnightIn = (timezone: string, day: string): string => instantIn(timezone, `${day}T00:00`)

/**
 * The instant at which a zone's clocks show a time `YYYY-MM-DDTHH:MM`, ISO in UTC: the first one where they show it twice, and
 * where they leap over it as much later as they leap.
 */
export function instantIn(timezone: string, local: string): string {
  const wallMs = Date.parse(`${local}Z`)
  const asOf = (dayMs: number) => wallMs - offsetMs(timezone, dayMs)
  const [before, after] = [asOf(wallMs - DAY_MS), asOf(wallMs + DAY_MS)]
  const shows = (instantMs: number) => instantMs + offsetMs(timezone, instantMs) === wallMs
  return new Date(shows(before) || !shows(after) ? before : after).toISOString()
}

/** How far a zone's clocks are ahead of UTC at an instant. */
function offsetMs(timeZone: string, instantMs: number): number {
  const options = { timeZone, hourCycle: 'h23', dateStyle: 'short', timeStyle: 'medium' } as const
  const local = new Intl.DateTimeFormat('sv', options).format(instantMs)
  return Date.parse(`${local.replace(' ', 'T')}Z`) - Math.floor(instantMs / 1000) * 1000
}
