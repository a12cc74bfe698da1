import type { BatchHandler } from '@lectern/shared/nats/consumer.ts'

/** Whether records come as fast as they can be stored. */
export interface Busy {
  /** The same handler, watched. */
  watch(handle: BatchHandler): BatchHandler
  isBusy(): boolean
}

/** For so long after a batch that had not waited for its records, more are expected. */
const BUSY_MS = 1000

/** A batch that is not full waits `lingerMs` for more: one that follows another sooner was full. */
export function createBusy(lingerMs: number): Busy {
  let endedMs = Number.NEGATIVE_INFINITY
  let busyUntilMs = Number.NEGATIVE_INFINITY
  return {
    watch: handle => async messages => {
      if (performance.now() - endedMs < lingerMs / 2) busyUntilMs = performance.now() + BUSY_MS
      await handle(messages)
      endedMs = performance.now()
    },
    isBusy: () => performance.now() < busyUntilMs,
  }
}
