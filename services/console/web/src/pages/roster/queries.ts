import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'

export interface RosterFilter {
  q: string
  group: string | null
  /** Dropped students too. */
  all: boolean
}

const PAGE = 50

/** The students of a course with what they have left, page by page. */
export const rosterQuery = (course: string, { q, group, all }: RosterFilter) =>
  infiniteQueryOptions({
    queryKey: ['roster', course, q, group, all],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET('/api/courses/{course}/students', {
          params: {
            path: { course },
            query: {
              limit: PAGE,
              balances: true,
              ...(q && { q }),
              ...(group && { group }),
              ...(!all && { active: true }),
              ...pageParam,
            },
          },
        }),
      ),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ next }) => (next ? { cursor: next } : undefined),
    placeholderData: previous => previous,
  })
