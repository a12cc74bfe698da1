import type { ConversationSummary } from '../../api/types.ts'
import { type Filter, toQuery } from './filter.ts'

/** What came while a list was shown and is not in it. Pure. */
export interface Fresh {
  ids: ReadonlySet<string>
  /** There were more than the server told one by one. */
  more: boolean
}

export const NOTHING_FRESH: Fresh = { ids: new Set(), more: false }

/** With what has just come; what is shown already, or told twice, is not new. */
export function withFresh(
  before: Fresh,
  came: { count: number; items: readonly ConversationSummary[] },
  shown: ReadonlySet<string>,
  fits: (item: ConversationSummary) => boolean,
): Fresh {
  const fitting = came.items.filter(item => fits(item) && !shown.has(item.id))
  const more = before.more || (came.count > came.items.length && fitting.length > 0)
  return { ids: new Set([...before.ids, ...fitting.map(({ id }) => id)]), more }
}

/** Whether a conversation would be in a list; of one with words to search for only the server knows. */
export function fitsFilter(item: ConversationSummary, filter: Filter, timezone: string): boolean {
  const { q, student, week, model, rule, outcome, flagged } = filter
  const { from, to } = toQuery(filter, timezone)
  return (
    q === undefined &&
    (student === undefined || item.studentId === student) &&
    (week === undefined || item.week === week) &&
    (model === undefined || item.model === model) &&
    (outcome === undefined || item.outcome === outcome) &&
    (rule === undefined || item.ruleHits.some(({ id }) => id === rule)) &&
    (flagged === undefined || item.flagged === true) &&
    (from === undefined || item.startedAtMs >= Date.parse(from)) &&
    (to === undefined || item.startedAtMs < Date.parse(to))
  )
}
