import type { Clock } from '@lectern/shared/clock.ts'
import type { Logger } from '@lectern/shared/log.ts'
import { startPeriodic } from '@lectern/shared/periodic.ts'
import type { Announcer } from './changes.ts'
import type { Store } from './store/store.ts'

/** A version is in force within a second of its time (P6). One look is one search in an index. */
const LOOK_EVERY_MS = 400
/** What came into force while no replica ran: longer than any gateway keeps a policy. */
const LOOK_BACK_MS = 900_000

/**
 * Announces each version as its time comes: what is in force is known by the clock alone (`prompt-schedule.ts`), and the
 * broadcast makes the gateways ask. Every replica does so, by its own clock: a gateway that has asked one whose clock is behind
 * asks again. What could not be looked at is looked at later.
 */
export function startDue({
  store,
  announcer,
  clock,
  log,
  closing,
}: {
  store: Store
  announcer: Announcer
  clock: Clock
  log: Logger
  closing: AsyncDisposableStack
}): void {
  let lookedMs = clock.nowMs() - LOOK_BACK_MS
  startPeriodic('publishing at a time', { intervalMs: LOOK_EVERY_MS, log, closing }, async () => {
    const nowMs = clock.nowMs()
    for (const courseId of await store.coursesDue(new Date(lookedMs), new Date(nowMs))) {
      await announcer.announce(courseId)
      log.info({ courseId }, 'a prompt came into force at its time')
    }
    lookedMs = nowMs
  })
}
