import type { Use } from '../../api/types.ts'
import { AFTER, addDays, BEFORE, type CalendarWeek, placeOf } from '../../app/calendar.ts'

/** What the page makes of the sums: pure. */

export type WeekSums = Use['weeks'][number]
export type Measure = 'requests' | 'chargeTokens'

/** A figure beside the one of the week before. */
export interface Change {
  before: number
  /** 0.12: an eighth more; null: the week is not over, or there was nothing to compare with. */
  share: number | null
}

/** What a figure of a week was in the week before it; null: there is none. */
export function changeOf(
  { week, weeks }: Pick<Use, 'week' | 'weeks'>,
  figure: 'requests' | 'chargeTokens' | 'students' | 'blocked' | 'failed',
  isOver: boolean,
): Change | null {
  const at = (wanted: number) => weeks.find(sums => sums.week === wanted)?.[figure]
  const before = at(week - 1)
  if (before === undefined) return null
  return { before, share: isOver && before > 0 ? ((at(week) ?? 0) - before) / before : null }
}

/** With the newest sums of the running week: in its own numbers, where it is shown, and among all weeks. */
export function withCounters(use: Use, counters: WeekSums): Use {
  const others = use.weeks.filter(({ week }) => week !== counters.week)
  return {
    ...use,
    ...(use.week === counters.week && counters),
    weeks: [...others, counters].sort((a, b) => a.week - b.week),
  }
}

/** One point of the trend: what it is called, and its figure. */
export interface Point {
  week: number
  value: number
}

/** Each week until today with its figure, those without a request too; what was asked outside of the calendar at its ends. */
export function trendOf(
  weeks: readonly WeekSums[],
  calendar: readonly CalendarWeek[],
  today: string,
  measure: Measure,
): Point[] {
  const values = new Map(weeks.map(sums => [sums.week, sums[measure]]))
  const place = placeOf(calendar, today)
  const begun = 'index' in place ? place.index + 1 : place.at === 'after' ? calendar.length : 0
  const numbers = calendar
    .map(({ week }) => week)
    .filter((number, index) => index < begun || values.has(number))
  const ends = { before: values.has(BEFORE) ? [BEFORE] : [], after: values.has(AFTER) ? [AFTER] : [] }
  return [...new Set([...ends.before, ...numbers, ...ends.after])].map(week => ({
    week,
    value: values.get(week) ?? 0,
  }))
}

/** What was asked on a day. */
export type DayFigures = Pick<Use['days'][number], 'day' | Measure>

/** Each day of a week until today, those without a request too; what was asked on a day outside of it where it was. */
export function daysOf(
  { week, days }: Pick<Use, 'week' | 'days'>,
  calendar: readonly CalendarWeek[],
  today: string,
): DayFigures[] {
  const known = new Map<string, DayFigures>(days.map(each => [each.day, each]))
  for (const { startsOn } of calendar.filter(each => each.week === week)) {
    for (let index = 0; index < 7; index += 1) {
      const day = addDays(startsOn, index)
      if (day <= today && !known.has(day)) known.set(day, { day, requests: 0, chargeTokens: 0 })
    }
  }
  return [...known.values()].sort((a, b) => (a.day < b.day ? -1 : 1))
}

export const HOURS: readonly number[] = Array.from({ length: 24 }, (_, hour) => hour)
export const WEEKDAYS: readonly number[] = [1, 2, 3, 4, 5, 6, 7]

/** A figure by weekday (from 1) and hour, and the largest: what the darkest place means. */
export function heatOf(
  hours: Use['hours'],
  measure: Measure,
): { at: (weekday: number, hour: number) => number; most: number } {
  const values = new Map(hours.map(each => [each.weekday * 24 + each.hour, each[measure]]))
  return {
    at: (weekday, hour) => values.get(weekday * 24 + hour) ?? 0,
    most: Math.max(0, ...values.values()),
  }
}

/** `Mon`, `周一`: of 1, which is Monday. */
export function weekdayName(weekday: number, language: string): string {
  // 5 January 1970 was a Monday.
  return weekdayOf(addDays('1970-01-04', weekday), language)
}

/** The same of a day. */
export function weekdayOf(day: string, language: string): string {
  return new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' }).format(Date.parse(day))
}

/** Where a table of a week is, as CSV. */
export function csvAddress(course: string, table: string, week: number): string {
  return `/api/courses/${encodeURIComponent(course)}/use/${table}.csv?week=${week}`
}
