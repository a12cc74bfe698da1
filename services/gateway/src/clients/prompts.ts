import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import { PromptsChanged, ResolveCall } from '@lectern/shared/contracts/prompts.ts'
import { PROMPTS_CHANGED } from '@lectern/shared/contracts/subjects.ts'
import type { Logger } from '@lectern/shared/log.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter } from '@lectern/shared/metrics.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { askingTwice, requester } from '@lectern/shared/nats/requester.ts'
import { type CompiledPolicy, compilePolicy } from '@lectern/shared/policy.ts'
import { validator } from '@lectern/shared/schema.ts'
import { inSpan, SpanKind } from '@lectern/shared/spans.ts'
import { LRUCache } from 'lru-cache'
import { unavailable } from './unavailable.ts'

/** Courses times the two or three weeks that are asked for: far more than one gateway sees. */
const MOST_POLICIES = 5000
/** While the prompts service is away nothing can be published, so what was in force still is; but not for ever. */
const MOST_STALE_MS = 600_000
/** After a failed refresh the old entry serves this long before the next try. */
const RETRY_MS = 1000

const lookups = createCounter(METRIC.promptLookups)

interface Entry {
  policy: CompiledPolicy
  resolvedAtMs: number
  freshUntilMs: number
}

interface Found {
  policy: CompiledPolicy
  result: 'hit' | 'miss' | 'stale'
}

/** What is in force for a course in a week. */
export interface PromptsClient {
  policy(courseId: string, week: number): Promise<CompiledPolicy>
  close(): void
}

/**
 * The cache in front of the prompts service. A broadcast drops a course's entries; a lost connection drops all, because
 * broadcasts may have been missed; the age limit is the backstop.
 */
export function createPromptsClient(
  nc: NatsConnection,
  { log, timeoutMs, ttlMs }: { log: Logger; timeoutMs: number; ttlMs: number },
): PromptsClient {
  const resolve = askingTwice(requester(nc, ResolveCall, { timeoutMs }))
  const entries = new LRUCache<string, Entry>({ max: MOST_POLICIES })
  const flights = new Map<string, Promise<CompiledPolicy>>()
  // An answer to a question asked before a drop may be older than the drop: it is used once, never kept.
  let dropped = 0

  function drop(courseId: string | null): void {
    dropped += 1
    flights.clear()
    if (courseId === null) entries.clear()
    else for (const key of entries.keys()) if (key.startsWith(`${courseId}/`)) entries.delete(key)
  }

  function refresh(key: string, courseId: string, week: number): Promise<CompiledPolicy> {
    const running = flights.get(key)
    if (running) return running
    const askedAt = dropped
    const flight = resolve({ courseId, week })
      .then(found => {
        const policy = compilePolicy(found)
        const now = performance.now()
        if (askedAt === dropped) {
          entries.set(key, { policy, resolvedAtMs: now, freshUntilMs: now + ttlMs })
        }
        return policy
      })
      .finally(() => {
        if (flights.get(key) === flight) flights.delete(key)
      })
    flights.set(key, flight)
    return flight
  }

  async function lookUp(courseId: string, week: number): Promise<Found> {
    const key = `${courseId}/${week}`
    const entry = entries.get(key)
    if (entry && performance.now() < entry.freshUntilMs) return { policy: entry.policy, result: 'hit' }
    try {
      return { policy: await refresh(key, courseId, week), result: 'miss' }
    } catch (error) {
      const stale = entries.get(key)
      if (!stale || performance.now() > stale.resolvedAtMs + MOST_STALE_MS) throw unavailable(error)
      log.warn({ err: error, courseId, week }, 'prompts: not reachable, the prompt last known is used')
      stale.freshUntilMs = performance.now() + RETRY_MS
      return { policy: stale.policy, result: 'stale' }
    }
  }

  const stopFollowing = followChanges(nc, log, drop)
  return {
    policy: (courseId, week) =>
      inSpan('prompt lookup', { kind: SpanKind.INTERNAL }, async span => {
        // Stays so where nobody answers and nothing is known.
        let result: Found['result'] = 'miss'
        try {
          const found = await lookUp(courseId, week)
          result = found.result
          return found.policy
        } finally {
          lookups.add(1, { result })
          span.setAttribute(ATTRIBUTE.promptLookup, result)
        }
      }),
    close: stopFollowing,
  }
}

/** Calls `drop` with the course of each broadcast, and with null when broadcasts may have been missed. */
function followChanges(nc: NatsConnection, log: Logger, drop: (courseId: string | null) => void): () => void {
  const checkChanged = validator(PromptsChanged)
  const subscription = nc.subscribe(PROMPTS_CHANGED, {
    callback: (error, message) => {
      if (error) return log.error({ err: error }, 'prompts: broadcasts are not received')
      try {
        drop(checkChanged(message.json()).courseId)
      } catch (cause) {
        log.warn({ err: cause }, 'prompts: unreadable broadcast, the whole cache is dropped')
        drop(null)
      }
    },
  })
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect' || status.type === 'reconnect') drop(null)
    }
  })()
  return () => subscription.unsubscribe()
}
