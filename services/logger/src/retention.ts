import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@lectern/shared/clock.ts'
import type { ListCoursesCall } from '@lectern/shared/contracts/courses.ts'
import type { Logger } from '@lectern/shared/log.ts'
import type { Ask } from '@lectern/shared/nats/requester.ts'
import type { RemoveExpired } from './store/expired.ts'

const DAY_MS = 86_400_000
const COURSES_A_PAGE = 200
/** Some tens of milliseconds of Postgres, and then a pause in which others are served. */
const REMOVED_AT_ONCE = 500
const PAUSE_MS = 50

export interface RetentionOptions {
  listCourses: Ask<typeof ListCoursesCall>
  remove: RemoveExpired
  clock: Clock
  log: Logger
  isStopping: () => boolean
}

/** Deletes the conversations of each course that are older than the course keeps them. Quota says how long that is. */
export function createRetention({ listCourses, remove, clock, log, isStopping }: RetentionOptions) {
  async function enforce(courseId: string, days: number): Promise<void> {
    const beforeMs = clock.nowMs() - days * DAY_MS
    let removed = 0
    while (!isStopping()) {
      const some = await remove(courseId, beforeMs, REMOVED_AT_ONCE)
      removed += some ?? 0
      if (some === null || some < REMOVED_AT_ONCE) break
      await delay(PAUSE_MS)
    }
    if (removed > 0) log.info({ course: courseId, days, removed }, 'conversations were kept long enough')
  }

  return async (): Promise<void> => {
    for (let cursor: string | null | undefined; cursor !== null && !isStopping(); ) {
      const page: Awaited<ReturnType<typeof listCourses>> = await listCourses({
        limit: COURSES_A_PAGE,
        cursor,
      })
      for (const { id, retentionDays } of page.items) {
        if (typeof retentionDays === 'number') await enforce(id, retentionDays)
      }
      cursor = page.next
    }
  }
}
