import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'

export const studentQuery = (student: string) =>
  queryOptions({
    queryKey: ['student', student],
    queryFn: () => ask(api.GET('/api/students/{student}', { params: { path: { student } } })),
  })

/** What a student has in a week; `null`: the running one. */
export const balanceQuery = (student: string, week: number | null) =>
  queryOptions({
    queryKey: ['student', student, 'balance', week],
    queryFn: () =>
      ask(
        api.GET('/api/students/{student}/balance', {
          params: { path: { student }, query: week === null ? {} : { week } },
        }),
      ),
  })

const PAGE = 50

/** Every entry behind the balances, newest first; `null`: of all weeks. */
export const ledgerQuery = (student: string, week: number | null) =>
  infiniteQueryOptions({
    queryKey: ['student', student, 'ledger', week],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET('/api/students/{student}/ledger', {
          params: { path: { student }, query: { limit: PAGE, ...(week !== null && { week }), ...pageParam } },
        }),
      ),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ next }) => (next ? { cursor: next } : undefined),
  })
