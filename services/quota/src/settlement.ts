import type { Logger } from '@lectern/shared/log.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter } from '@lectern/shared/metrics.ts'
import type { Account } from './account.ts'
import type { End } from './end.ts'
import { bucketFor } from './store/keys.ts'
import type { Ledger } from './store/ledger.ts'
import type { EndAnswer, Reservations } from './store/reservations.ts'
import type { SyncAccount } from './sync.ts'

/** An end, and what Redis said when it was told. */
export interface AppliedEnd extends End {
  state: Exclude<EndAnswer['state'], 'conflict'>
}

/**
 * Brings ends that Redis has carried out into the ledger, and tells Redis that it has them. Repeatable at any point. Where
 * the two sides disagree about what is new (Redis lost it, or was restored from an old file), the account is set to
 * what the ledger says.
 */
export type RecordEnds = (ends: readonly AppliedEnd[]) => Promise<void>

export function createSettlement({
  reservations,
  ledger,
  sync,
  log,
}: {
  reservations: Reservations
  ledger: Ledger
  sync: SyncAccount
  log: Logger
}): RecordEnds {
  async function confirm(account: Account, ends: readonly AppliedEnd[], added: Set<string>): Promise<void> {
    const { courseId, studentId, week } = account
    const known = ends.filter(end => end.state !== 'unknown')
    const charged = new Set(known.filter(end => end.kind === 'settle').map(end => end.reservationId))
    const ids = [...new Set(known.map(end => end.reservationId))]
    const waiting = ids.length > 0 ? await reservations.confirm(bucketFor(courseId), studentId, week, ids) : 0

    const lost = ends.filter(end => end.state === 'unknown' && end.kind === 'settle')
    const twice = known.filter(
      end => end.kind === 'settle' && end.state === 'fresh' && !added.has(end.reservationId),
    )
    if (lost.length === 0 && twice.length === 0 && waiting === charged.size) return
    await sync(account)
    log.info(
      { courseId, week, unknown: lost.length, repeated: twice.length, unconfirmed: charged.size - waiting },
      'account set to the ledger after settlements that redis did not know',
    )
  }

  return async ends => {
    if (ends.length === 0) return
    const added = await ledger.append(ends)
    countTokens(ends, added)
    await Promise.all(byAccount(ends).map(([account, own]) => confirm(account, own, added)))
  }
}

const tokens = createCounter(METRIC.tokens)

/** Counts what a settlement says once: with the entry that is new in the ledger, whoever brings it and however often. */
function countTokens(ends: readonly AppliedEnd[], added: Set<string>): void {
  const isNew = new Set(added)
  for (const { reservationId, kind, courseId: course, model, ...used } of ends) {
    // The ledger takes the first of those with the same id in a batch.
    if (!isNew.delete(reservationId) || kind !== 'settle' || model === null) continue
    const label = (type: string) => ({ course, model, type })
    tokens.add(used.inputTokens ?? 0, label('input'))
    tokens.add(used.outputTokens ?? 0, label('output'))
    tokens.add(used.chargeTokens, label('charged'))
  }
}

function byAccount(ends: readonly AppliedEnd[]): [Account, AppliedEnd[]][] {
  const groups = Map.groupBy(ends, ({ courseId, studentId, week }) => `${courseId} ${studentId} ${week}`)
  return [...groups.values()].flatMap(own => (own[0] ? [[own[0], own]] : []))
}
