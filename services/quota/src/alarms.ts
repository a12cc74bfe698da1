import type { Logger } from '@lectern/shared/log.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter } from '@lectern/shared/metrics.ts'
import type { Account, Amounts } from './account.ts'

/** What should not happen. Nothing is ever clamped to hide it: it is charged as it is, logged and counted. */
export interface Alarms {
  /** The hold must bound the charge (P1). */
  overcharged(what: { reservationId: string; chargeTokens: number; tokensHeld: number }): void
  settledLate(what: { reservationId: string; chargeTokens: number }): void
  /** A gateway died, or took longer than it said it would. */
  expired(what: { bucket: string; holds: number }): void
  /** Redis and the ledger had come apart. */
  repaired(what: { account: Account; before: Amounts | null; after: Amounts }): void
  /** Less than nothing is left, and not because staff took tokens back. */
  overdrawn(what: { account: Account; amounts: Amounts }): void
}

export function createAlarms(log: Logger): Alarms {
  const overcharged = createCounter(METRIC.overcharged)
  const settledLate = createCounter(METRIC.settledLate)
  const expired = createCounter(METRIC.expired)
  const repaired = createCounter(METRIC.repaired)
  const overdrawn = createCounter(METRIC.overdrawn)
  return {
    overcharged(what) {
      overcharged.add(1)
      log.error(what, 'charged more than was held')
    },
    settledLate(what) {
      settledLate.add(1)
      log.warn(what, 'settled after its hold had expired')
    },
    expired(what) {
      expired.add(what.holds)
      log.warn(what, 'holds expired and were given back')
    },
    repaired({ account: { courseId, week }, before, after }) {
      repaired.add(1)
      log.error({ courseId, week, before, after }, 'balance repaired towards the ledger')
    },
    overdrawn({ account: { courseId, week }, amounts }) {
      overdrawn.add(1)
      log.error({ courseId, week, ...amounts }, 'less than nothing is left, and no correction explains it')
    },
  }
}
