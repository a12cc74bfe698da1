import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@lectern/shared/clock.ts'
import type { Logger } from '@lectern/shared/log.ts'
import { LRUCache } from 'lru-cache'
import { type Course, sizeOf } from './course.ts'

/** Far more than a university has prompts; a bound all the same. */
const MAX_CHARACTERS = 64 * 1024 * 1024
/** With an older answer at hand, a database that does not answer is not waited for longer: the caller has 2 s. */
const PATIENCE_MS = 1000
/** After a failed read the older answer is given at once for this long, so that not each request waits again. */
const PAUSE_MS = 1000

interface Entry {
  course: Course
  readAtMs: number
  freshUntilMs: number
}

/** Courses in memory. */
export interface CourseCache {
  get(courseId: string): Promise<Course>
  /** A change was announced: what is in memory, and what is just being read, is known to be old. */
  drop(courseId: string): void
  /** Announcements may have been missed: everything is read again, and serves meanwhile only if that fails. */
  doubt(): void
}

export interface CourseCacheOptions {
  read(courseId: string): Promise<Course>
  clock: Clock
  log: Logger
  freshMs: number
  staleMs: number
}

/**
 * Answers from memory for `freshMs`; then reads again, and while that fails keeps answering what it had for up to
 * `staleMs`. What was dropped is never answered again, however the database fares: better none than an outdated prompt.
 */
export function createCourseCache({ read, clock, log, freshMs, staleMs }: CourseCacheOptions): CourseCache {
  const entries = new LRUCache<string, Entry>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ course }) => sizeOf(course),
  })
  const loads = new Map<string, Promise<Course>>()

  function freshCourse(courseId: string): Course | undefined {
    const entry = entries.get(courseId)
    return entry && clock.nowMs() < entry.freshUntilMs ? entry.course : undefined
  }

  function load(courseId: string): Promise<Course> {
    const running = loads.get(courseId)
    if (running) return running
    const mine: Promise<Course> = read(courseId).then(
      course => {
        // Dropped while it was being read: it may show the state before the change, so it must not fill the cache.
        if (loads.get(courseId) !== mine) return freshCourse(courseId) ?? load(courseId)
        loads.delete(courseId)
        const readAtMs = clock.nowMs()
        entries.set(courseId, { course, readAtMs, freshUntilMs: readAtMs + freshMs })
        return course
      },
      error => {
        if (loads.get(courseId) === mine) loads.delete(courseId)
        throw error
      },
    )
    loads.set(courseId, mine)
    return mine
  }

  return {
    async get(courseId) {
      const known = entries.get(courseId)
      if (!known) return load(courseId)
      if (clock.nowMs() < known.freshUntilMs) return known.course
      try {
        return await withPatience(load(courseId))
      } catch (error) {
        const nowMs = clock.nowMs()
        if (entries.get(courseId) !== known || nowMs - known.readAtMs > staleMs) throw error
        known.freshUntilMs = nowMs + PAUSE_MS
        log.warn({ err: error, courseId, ageMs: nowMs - known.readAtMs }, 'answered from an older copy')
        return known.course
      }
    },
    drop(courseId) {
      entries.delete(courseId)
      loads.delete(courseId)
    },
    doubt() {
      for (const entry of entries.values()) entry.freshUntilMs = 0
      loads.clear()
    },
  }
}

async function withPatience<T>(work: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = delay(PATIENCE_MS, undefined, { signal: done.signal }).then(() => {
    throw new Error(`no answer from the database within ${PATIENCE_MS} ms`)
  })
  return Promise.race([work, late]).finally(() => {
    // The timer's own end is of no interest once the race is decided.
    late.catch(() => undefined)
    done.abort()
  })
}
