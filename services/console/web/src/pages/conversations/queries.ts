import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
} from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import type { Conversation, ConversationPage, Course } from '../../api/types.ts'
import { type Filter, toQuery } from './filter.ts'

const PAGE = 30

/** The list is asked for again when somebody wants that: rows that move by themselves cannot be read. */
export const conversationsQuery = ({ id: course, timezone }: Course, filter: Filter) =>
  infiniteQueryOptions({
    queryKey: ['conversations', course, filter],
    queryFn: ({ pageParam }) => {
      const query = { course, limit: PAGE, ...toQuery(filter, timezone), ...pageParam }
      return ask(api.GET('/api/conversations', { params: { query } }))
    },
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ next }) => (next ? { cursor: next } : undefined),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const conversationQuery = (course: string, id: string) =>
  queryOptions({
    queryKey: ['conversation', id],
    queryFn: async () => {
      const found = await ask(api.GET('/api/conversations/{id}', { params: { path: { id } } }))
      // Under the address of another course it would stand among the wrong facts.
      if (found.courseId !== course) throw new Problem(404, 'not_found', 'Not in this course.', null, null)
      return found
    },
    staleTime: Number.POSITIVE_INFINITY,
  })

export const threadQuery = (id: string) =>
  queryOptions({
    queryKey: ['conversation', id, 'thread'],
    queryFn: () => ask(api.GET('/api/conversations/{id}/thread', { params: { path: { id } } })),
  })

/** Notes that fit one page: more than a hundred about one conversation nobody writes. */
const NOTES = 100
export const notesQuery = (id: string) =>
  queryOptions({
    queryKey: ['conversation', id, 'notes'],
    queryFn: () =>
      ask(api.GET('/api/conversations/{id}/notes', { params: { path: { id }, query: { limit: NOTES } } })),
  })

/** What staff changed about a conversation is seen at once wherever it is shown, without asking for lists again. */
export function changeShown(
  queries: QueryClient,
  id: string,
  change: (before: { flagged?: boolean; notes?: number }) => { flagged?: boolean; notes?: number },
): void {
  queries.setQueryData<Conversation>(
    ['conversation', id],
    before => before && { ...before, ...change(before) },
  )
  queries.setQueriesData<InfiniteData<ConversationPage>>({ queryKey: ['conversations'] }, before => {
    if (!before) return before
    const pages = before.pages.map(page => ({
      ...page,
      items: page.items.map(item => (item.id === id ? { ...item, ...change(item) } : item)),
    }))
    return { ...before, pages }
  })
}
