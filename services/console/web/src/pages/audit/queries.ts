import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { midnightIn } from '../../app/calendar.ts'

export interface AuditFilter {
  course: string | null
  actor: string
  /** A day, or empty. */
  from: string
  timezone: string
}

const PAGE = 50

/** What staff did, newest first, from the midnight of a day on. */
export const auditQuery = ({ course, actor, from, timezone }: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', course, actor, from, timezone],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET('/api/audit', {
          params: {
            query: {
              limit: PAGE,
              ...(course !== null && { course }),
              ...(actor && { actor }),
              ...(from && { from: midnightIn(timezone, from) }),
              ...pageParam,
            },
          },
        }),
      ),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ next }) => (next ? { cursor: next } : undefined),
    placeholderData: previous => previous,
  })
