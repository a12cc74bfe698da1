import { type InfiniteData, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask } from '../../api/client.ts'
import type { ConversationPage, Course } from '../../api/types.ts'
import { type Live, type LiveEvents, useLive } from '../../parts/live.ts'
import { type Filter, toQuery } from './filter.ts'
import { type Fresh, fitsFilter, NOTHING_FRESH, withFresh } from './fresh.ts'
import { conversationsQuery } from './queries.ts'

export interface LiveList {
  live: Live
  fresh: Fresh
  /** Shows what is new: the list from its beginning. */
  show: () => Promise<void>
}

/** As many as are told of at once. */
const MISSED = 20

/** Counts what is new while a list is shown; its rows stay where they are until somebody asks. */
export function useLiveList(course: Course, filter: Filter): LiveList {
  const queries = useQueryClient()
  const { queryKey } = conversationsQuery(course, filter)
  const [fresh, setFresh] = useState(NOTHING_FRESH)
  const add = (came: LiveEvents['conversations']) => {
    const pages = queries.getQueryData(queryKey)?.pages
    // Not there yet: what has come will be in it.
    if (!pages) return
    const shown = new Set(pages.flatMap(page => page.items.map(({ id }) => id)))
    setFresh(before => withFresh(before, came, shown, item => fitsFilter(item, filter, course.timezone)))
  }
  const onReturn = async () => {
    const first = queries.getQueryData(queryKey)?.pages[0]?.items[0]
    const from = first && { from: new Date(first.startedAtMs).toISOString() }
    const query = { course: course.id, limit: MISSED, ...toQuery(filter, course.timezone), ...from }
    // A failure is met again, and told, when the list itself is asked for.
    const page = await ask(api.GET('/api/conversations', { params: { query } })).catch(() => null)
    if (page) add({ count: page.items.length + (page.next ? 1 : 0), items: page.items })
  }
  const live = useLive(course.id, { onConversations: add, ...(filter.q === undefined && { onReturn }) })
  const show = async () => {
    queries.setQueryData<InfiniteData<ConversationPage, { cursor?: string }>>(
      queryKey,
      before => before && { pages: before.pages.slice(0, 1), pageParams: before.pageParams.slice(0, 1) },
    )
    setFresh(NOTHING_FRESH)
    await queries.refetchQueries({ queryKey, exact: true })
  }
  return { live, fresh, show }
}
