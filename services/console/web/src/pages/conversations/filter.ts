import type { ConversationQuery, Outcome } from '../../api/types.ts'
import { addDays, midnightIn } from '../../app/calendar.ts'

/** Which conversations are shown, as the address of the page says it: who gets the link sees the same. */
export interface Filter {
  q?: string
  student?: string
  week?: number
  model?: string
  rule?: string
  outcome?: Outcome
  flagged?: true
  /** Days of the course's time zone, both included. */
  from?: string
  to?: string
}

export const OUTCOMES: Outcome[] = [
  'completed',
  'blocked',
  'client_gone',
  'upstream_cut',
  'upstream_stalled',
  'upstream_failed',
]

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))

/** Reads an address; what it does not understand is left out. The router has made numbers of what looks like one. */
export function readFilter(search: Record<string, unknown>): Filter {
  const text = (name: string, most: number) => {
    const value = String(search[name] ?? '').trim()
    return value !== '' && value.length <= most ? value : undefined
  }
  const day = (name: string) => [text(name, 10) ?? ''].find(isDay)
  const week = Number(search.week)
  const found = {
    q: text('q', 200),
    student: text('student', 80),
    week: Number.isInteger(week) && week >= 1 && week <= 1999 ? week : undefined,
    model: text('model', 200),
    rule: text('rule', 64),
    outcome: OUTCOMES.find(outcome => outcome === search.outcome),
    flagged: search.flagged === true ? true : undefined,
    from: day('from'),
    to: day('to'),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

/** The filters that are set, the words that are searched for not among them. */
export function setOf(filter: Filter): Exclude<keyof Filter, 'q'>[] {
  return (Object.keys(filter) as (keyof Filter)[]).filter(name => name !== 'q')
}

/** The same as the API takes it, which knows instants only. */
export function toQuery({ from, to, ...rest }: Filter, timezone: string): ConversationQuery {
  return {
    ...rest,
    ...(from && { from: midnightIn(timezone, from) }),
    ...(to && { to: midnightIn(timezone, addDays(to, 1)) }),
  }
}
