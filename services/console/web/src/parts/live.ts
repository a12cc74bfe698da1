import { useLocalStorage } from '@mantine/hooks'
import { useEffect, useEffectEvent, useState } from 'react'
import type { ConversationSummary, Use } from '../api/types.ts'

/** What the server tells of a course as it happens. */
export interface LiveEvents {
  conversations: { count: number; items: ConversationSummary[] }
  /** Of the running week. */
  counters: Use['weeks'][number]
}

export interface Live {
  state: 'on' | 'lost' | 'paused'
  /** Pauses, or goes on; remembered in this browser. */
  toggle: () => void
}

/** A server that is full or was left without a session refuses for good; a browser does not ask it again by itself. */
const AGAIN_MS = 60_000

/** Listens to a course while the page is shown. `onReturn`: the stream is back, and something may have been missed. */
export function useLive(
  course: string,
  handlers: {
    onConversations?: (event: LiveEvents['conversations']) => void
    onCounters?: (event: LiveEvents['counters']) => void
    onReturn?: () => void
  },
): Live {
  const [paused, setPaused] = useLocalStorage({ key: 'lectern.live.paused', defaultValue: false })
  const [lost, setLost] = useState(false)
  const [tries, setTries] = useState(0)
  const heard = useEffectEvent((name: keyof LiveEvents, data: string) => {
    if (name === 'conversations') handlers.onConversations?.(JSON.parse(data))
    else handlers.onCounters?.(JSON.parse(data))
  })
  const returned = useEffectEvent(() => handlers.onReturn?.())
  useEffect(() => {
    if (paused) return
    const source = new EventSource(`/api/courses/${encodeURIComponent(course)}/live`)
    let wasLost = tries > 0
    let again: ReturnType<typeof setTimeout> | undefined
    for (const name of ['conversations', 'counters'] as const) {
      source.addEventListener(name, ({ data }) => heard(name, data))
    }
    source.onopen = () => {
      setLost(false)
      if (wasLost) returned()
    }
    source.onerror = () => {
      wasLost = true
      setLost(true)
      if (source.readyState === EventSource.CLOSED) again = setTimeout(() => setTries(tries + 1), AGAIN_MS)
    }
    return () => {
      clearTimeout(again)
      source.close()
    }
  }, [course, paused, tries])
  // Whoever goes on after a pause has missed what came meanwhile, like after a lost stream.
  const toggle = () => {
    setPaused(!paused)
    setTries(tries + 1)
  }
  return { state: paused ? 'paused' : lost ? 'lost' : 'on', toggle }
}
