import type { Course } from '../../api/types.ts'
import { type Filter, toQuery } from './filter.ts'

/** Where the file with the conversations of a filter is. */
export function exportAddress(
  { id, timezone }: Pick<Course, 'id' | 'timezone'>,
  filter: Filter,
  how: { format: 'csv' | 'jsonl'; pseudonymise: boolean },
): string {
  const query = Object.entries({ ...toQuery(filter, timezone), ...how }).map(([name, value]) => [
    name,
    String(value),
  ])
  return `/api/courses/${encodeURIComponent(id)}/conversations/export?${new URLSearchParams(query)}`
}
