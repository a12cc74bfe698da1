import type { WeekUse } from '@lectern/shared/contracts/use.ts'

/** What a week has come to, for who looks on. */
export interface Counters {
  /** Something changed: reads and sends the counters soon, not more often than every two seconds for a course. */
  changed(courseId: string): void
  stop(): void
}

const PAUSE_MS = 2000

/** One reading for all who watch a course. A reading that fails is left out: the next change brings the next. */
export function createCounters({
  read,
  send,
  onFailure,
}: {
  read(courseId: string): Promise<WeekUse | undefined>
  send(courseId: string, counters: WeekUse): void
  onFailure(error: unknown): void
}): Counters {
  /** A course is in it from a change on, until the pause after its reading is over; true: it changed again meanwhile. */
  const busy = new Map<string, boolean>()
  const timers = new Set<NodeJS.Timeout>()

  async function refresh(courseId: string): Promise<void> {
    busy.set(courseId, false)
    const counters = await read(courseId).catch(onFailure)
    if (counters) send(courseId, counters)
    const timer = setTimeout(() => {
      timers.delete(timer)
      if (busy.get(courseId)) void refresh(courseId)
      else busy.delete(courseId)
    }, PAUSE_MS).unref()
    timers.add(timer)
  }

  return {
    changed(courseId) {
      if (busy.has(courseId)) busy.set(courseId, true)
      else void refresh(courseId)
    },
    stop() {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
