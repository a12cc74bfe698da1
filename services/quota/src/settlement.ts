import type { Logger } from '@lectern/shared/log.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter } from '@lectern/shared/metrics.ts'
import type { Account } from './account.ts'
import type { End } from './end.ts'
import { type Bucket, bucketFor } from './store/keys.ts'
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
  /** One script for all accounts of a bucket: most batches are of few courses and many students. */
  async function confirm(
    bucket: Bucket,
    accounts: readonly AccountEnds[],
    added: Set<string>,
  ): Promise<void> {
    const known = accounts.map(([{ studentId, week }, ends]) => ({
      studentId,
      week,
      reservationIds: [...new Set(ends.filter(isKnown).map(end => end.reservationId))],
    }))
    const waiting = await reservations.confirm(bucket, known)
    await Promise.all(
      accounts.map(([account, ends], place) => agree(account, ends, added, waiting[place] ?? 0)),
    )
  }

  async function agree(
    account: Account,
    ends: readonly AppliedEnd[],
    added: Set<string>,
    waiting: number,
  ): Promise<void> {
    const settled = ends.filter(end => end.kind === 'settle')
    const charged = new Set(settled.filter(isKnown).map(end => end.reservationId))
    const lost = settled.filter(end => !isKnown(end))
    const twice = settled.filter(end => end.state === 'fresh' && !added.has(end.reservationId))
    if (lost.length === 0 && twice.length === 0 && waiting === charged.size) return
    await sync(account)
    const { courseId, week } = account
    log.info(
      { courseId, week, unknown: lost.length, repeated: twice.length, unconfirmed: charged.size - waiting },
      'account set to the ledger after settlements that redis did not know',
    )
  }

  return async ends => {
    if (ends.length === 0) return
    const added = await ledger.append(ends)
    countTokens(ends, added)
    const buckets = Map.groupBy(byAccount(ends), ([{ courseId }]) => bucketFor(courseId))
    await Promise.all([...buckets].map(([bucket, accounts]) => confirm(bucket, accounts, added)))
  }
}

const isKnown = (end: AppliedEnd) => end.state !== 'unknown'

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

type AccountEnds = [Account, AppliedEnd[]]

function byAccount(ends: readonly AppliedEnd[]): AccountEnds[] {
  const groups = Map.groupBy(ends, ({ courseId, studentId, week }) => `${courseId} ${studentId} ${week}`)
  return [...groups.values()].flatMap(own => (own[0] ? [[own[0], own]] : []))
}
