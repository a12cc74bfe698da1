import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask } from '../../api/client.ts'
import { type Me, readMe, studentApi } from '../../api/student.ts'
import { queryClient } from '../../app/query.ts'

/** How often the number left is asked for while a request still runs. */
const RUNNING_MS = 2000
/** A request that ended is charged and kept a moment later. */
const KEPT_MS = 1500
const DAYS = 14
const PAGE = 10

/** Who has signed in. A refused request asks for every `session` again, so that who was signed out is seen here too. */
export const meQuery = queryOptions({ queryKey: ['session', 'student'], queryFn: readMe, staleTime: 60_000 })

/** Somebody signed in or out: nothing of whoever was there before stays. */
export function meChanged(me: Me): void {
  queryClient.removeQueries({ queryKey: ['me'] })
  queryClient.setQueryData(meQuery.queryKey, me)
}

export const balanceQuery = queryOptions({
  queryKey: ['me', 'balance'],
  queryFn: () => ask(studentApi.GET('/api/me/balance')),
  refetchInterval: ({ state }) => (state.data && state.data.held > 0 ? RUNNING_MS : false),
})

export const useByDayQuery = queryOptions({
  queryKey: ['me', 'use'],
  queryFn: () => ask(studentApi.GET('/api/me/use', { params: { query: { days: DAYS } } })),
})

export const settingsQuery = queryOptions({
  queryKey: ['me', 'settings'],
  queryFn: () => ask(studentApi.GET('/api/me/settings')),
  staleTime: 10 * 60_000,
})

export const ownConversationsQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['me', 'conversations', q],
    queryFn: ({ pageParam }) =>
      ask(
        studentApi.GET('/api/me/conversations', {
          params: { query: { limit: PAGE, ...(q && { q }), ...pageParam } },
        }),
      ),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ next }) => (next ? { cursor: next } : undefined),
    placeholderData: keepPreviousData,
  })

export const ownConversationQuery = (id: string) =>
  queryOptions({
    queryKey: ['me', 'conversation', id],
    queryFn: () => ask(studentApi.GET('/api/me/conversations/{id}', { params: { path: { id } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** A chat was charged: the numbers are asked for again, now and when its record was kept. */
export async function chatCharged(): Promise<void> {
  const again = () =>
    queryClient.invalidateQueries({
      predicate: ({ queryKey: [area, part] }) =>
        area === 'me' && part !== 'settings' && part !== 'conversation',
    })
  await again()
  setTimeout(again, KEPT_MS)
}
