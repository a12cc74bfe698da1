import { PromptsChanged } from '@lectern/shared/contracts/prompts.ts'
import { PROMPTS_CHANGED } from '@lectern/shared/contracts/subjects.ts'
import type { Logger } from '@lectern/shared/log.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { traceHeaders } from '@lectern/shared/nats/tracing.ts'
import { validator } from '@lectern/shared/schema.ts'
import type { CourseCache } from './cache.ts'

/**
 * Long enough for every replica to have heard the first broadcast, short enough for the promise of one second (P6).
 */
const REPEAT_AFTER_MS = 300

interface Wiring {
  cache: CourseCache
  log: Logger
}

/** Tells everyone that a course has changed. */
export interface Announcer {
  /** To be called once the change is committed. */
  announce(courseId: string): Promise<void>
  /** Sends at once what was still to be repeated. */
  stop(): Promise<void>
}

/**
 * Broadcasts changes, each twice: a gateway that heard the first may ask a replica that has not yet heard it (the bus
 * orders messages for each listener, not among them) and would keep the old answer until its TTL.
 */
export function createAnnouncer(nc: NatsConnection, { cache, log }: Wiring): Announcer {
  const repeats = new Map<NodeJS.Timeout, string>()
  const broadcast = async (courseId: string): Promise<void> => {
    try {
      nc.publish(PROMPTS_CHANGED, JSON.stringify({ courseId }), { headers: traceHeaders() })
      await nc.flush()
    } catch (error) {
      // The change is committed: every cache finds it when it asks again, at the latest at the end of its TTL.
      log.warn({ err: error, courseId }, 'a change could not be broadcast')
    }
  }
  return {
    async announce(courseId) {
      // Whoever published here reads their own writing, whether the bus comes back to us quickly or not.
      cache.drop(courseId)
      const repeat = setTimeout(() => {
        repeats.delete(repeat)
        void broadcast(courseId)
      }, REPEAT_AFTER_MS)
      repeats.set(repeat, courseId)
      await broadcast(courseId)
    },
    async stop() {
      for (const repeat of repeats.keys()) clearTimeout(repeat)
      await Promise.all([...repeats.values()].map(broadcast))
    },
  }
}

/** Keeps the cache true to what other replicas change. */
export function followChanges(nc: NatsConnection, { cache, log }: Wiring): void {
  const check = validator(PromptsChanged)
  nc.subscribe(PROMPTS_CHANGED, {
    callback: (error, message) => {
      try {
        if (error) throw error
        cache.drop(check(message.json()).courseId)
      } catch (cause) {
        log.error({ err: cause }, 'a broadcast could not be read; every course is read again')
        cache.doubt()
      }
    },
  })
  void (async () => {
    for await (const { type } of nc.status()) if (type === 'reconnect') cache.doubt()
  })()
}
