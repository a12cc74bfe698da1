import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

/** How numbers and times are written in a language; times always in a zone that is named. */
export interface Format {
  number(value: number): string
  /** Names as a part of a sentence: a, b and c. */
  list(names: readonly string[]): string
  /** `1.2M`, for narrow places. */
  compact(value: number): string
  percent(share: number): string
  /** `+12%`: by what share something changed. */
  percentChange(share: number): string
  /** By the code of a currency, ISO 4217. */
  money(value: number, currency: string): string
  /** With its sign: `+500`, `−37`. */
  change(value: number): string
  /** A calendar day `YYYY-MM-DD`, which has no zone. */
  day(day: string): string
  /** `2 Nov`, without the year. */
  shortDay(day: string): string
  /** The day of an instant in a zone. */
  date(instant: string | number, timezone: string): string
  /** An instant (ISO text or epoch milliseconds) in a zone. */
  time(instant: string | number, timezone: string): string
}

/** Formats of one language (a BCP 47 tag). */
export function formatOf(language: string): Format {
  const numbers = new Intl.NumberFormat(language)
  const lists = new Intl.ListFormat(language)
  const changes = new Intl.NumberFormat(language, { signDisplay: 'exceptZero' })
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 })
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 })
  const percentChange = new Intl.NumberFormat(language, {
    style: 'percent',
    maximumFractionDigits: 0,
    signDisplay: 'exceptZero',
  })
  const days = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })
  const shortDays = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  return {
    number: value => numbers.format(value),
    list: names => lists.format(names),
    change: value => changes.format(value),
    compact: value => compact.format(value),
    percent: share => percent.format(share),
    percentChange: share => percentChange.format(share),
    money: (value, currency) =>
      new Intl.NumberFormat(language, { style: 'currency', currency }).format(value),
    day: day => days.format(Date.parse(day)),
    shortDay: day => shortDays.format(Date.parse(day)),
    date: (instant, timeZone) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone }).format(new Date(instant)),
    time: (instant, timeZone) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(
        new Date(instant),
      ),
  }
}

/** The browser's own kind of a language (British dates for a Briton), else the language as it is. */
export function localeOf(language: string, wanted: readonly string[]): string {
  const base = (tag: string) => tag.split('-')[0]?.toLowerCase()
  return wanted.find(tag => base(tag) === base(language)) ?? language
}

export function useFormat(): Format {
  const { i18n } = useTranslation()
  return useMemo(() => formatOf(localeOf(i18n.language, navigator.languages)), [i18n.language])
}
