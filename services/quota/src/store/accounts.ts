import type { Redis } from '@lectern/shared/redis/connect.ts'
import type { Account, Amounts } from '../account.ts'
import type { End } from '../end.ts'
import { accountMember, accountsName, type Bucket, bucketFor } from './keys.ts'
import { type RedisClock, tooLate } from './redis-clock.ts'
import { KEEP_ENDED_S } from './reservations.ts'
import { snapshotScript, syncScript } from './scripts.ts'

/** The copies of the accounts in Redis. Only `sync` writes what the ledger says. */
export interface Accounts {
  /** Null: the bucket has not been opened. */
  read(account: Account): Promise<Snapshot | null>
  /** Null: the account changed since it was read. */
  write(account: Account, seen: Snapshot, now: Ledgered): Promise<Written | null>
  /** Accounts of a bucket that were compared with the ledger longest ago, and before `beforeMs`. */
  oldest(bucket: Bucket, limit: number, beforeMs: number): Promise<{ studentId: string; week: number }[]>
  /** Stops comparing an account that is no longer in Redis. */
  forget(bucket: Bucket, studentId: string, week: number): Promise<void>
}

export interface Snapshot extends Amounts {
  /** False: Redis has no such account, or one from another epoch. */
  isCurrent: boolean
  exists: boolean
  epoch: string
  rev: string
  /** Settlements that the ledger has not confirmed: reservation and charge. */
  pending: Map<string, number>
  /** The student's open holds, of every week. */
  running: string[]
  /**
   * Where this week is running and follows another: the tokens of that other week that are still open. `course`: Redis does
   * not know the course, and so neither which week is running. Null: nothing can be carried into this account.
   */
  openBefore: number | 'course' | null
}

/** What the ledger says, with the pending settlements that it does not have yet. */
export interface Ledgered {
  granted: number
  settled: number
  /** What staff took back, as a positive number. */
  takenBack: number
  /** The pending ids that the ledger does have. */
  recorded: string[]
  /** The running ids that have ended in the ledger: Redis has lost their end. */
  ended: Pick<End, 'reservationId' | 'kind' | 'chargeTokens'>[]
}

/** An account before and after it was set to what the ledger says; `before` is null where there was none. */
export interface Written {
  before: Amounts | null
  after: Amounts
}

// Far longer than a week and any hold in it: an account that nobody uses any more is then only in the ledger.
const ACCOUNT_TTL_S = 30 * 86_400
const STATE = { settle: 'settled', release: 'released', expire: 'expired' } as const

export function createAccounts(redis: Redis, clock: RedisClock): Accounts {
  return {
    async read({ courseId, studentId, week }) {
      const keys = { bucket: bucketFor(courseId) }
      const args = { now_ms: clock.scriptNowMs(), course: courseId, student: studentId, week }
      const { reply, values } = await snapshotScript.run(redis, keys, args)
      if (reply === 'closed') return null
      const [epoch = '', accountEpoch, rev = '0', granted, settled, held, carry, running, ...pending] = values
      return {
        isCurrent: accountEpoch === epoch,
        exists: reply === 'account',
        epoch,
        rev,
        granted: Number(granted),
        settled: Number(settled),
        held: Number(held),
        pending: toPending(pending),
        running: running ? running.split(' ') : [],
        openBefore: carry === 'course' ? carry : carry === 'no' ? null : Number(carry),
      }
    },

    async write({ courseId, studentId, week }, { epoch, rev }, { granted, settled, recorded, ended }) {
      const { reply, values } = await syncScript.run(
        redis,
        { bucket: bucketFor(courseId) },
        {
          now_ms: clock.scriptNowMs(),
          deadline_ms: clock.deadlineMs(),
          epoch,
          student: studentId,
          week,
          rev,
          granted,
          settled,
          recorded: JSON.stringify(recorded),
          ended: JSON.stringify(
            ended.map(end => [end.reservationId, STATE[end.kind], String(end.chargeTokens)]),
          ),
          keep_ended_s: KEEP_ENDED_S,
          ttl_s: ACCOUNT_TTL_S,
        },
      )
      if (reply === 'late') throw tooLate()
      if (reply === 'changed') return null
      const [grantedBefore, settledBefore, heldBefore, held] = values
      const before = grantedBefore
        ? { granted: Number(grantedBefore), settled: Number(settledBefore), held: Number(heldBefore) }
        : null
      return { before, after: { granted, settled, held: Number(held) } }
    },

    async oldest(bucket, limit, beforeMs) {
      const name = accountsName(bucket)
      const members = await redis.zrangebyscore(name, '-inf', `(${beforeMs}`, 'LIMIT', 0, limit)
      return members.map(member => {
        const colon = member.lastIndexOf(':')
        return { studentId: member.slice(0, colon), week: Number(member.slice(colon + 1)) }
      })
    },

    async forget(bucket, studentId, week) {
      await redis.zrem(accountsName(bucket), accountMember(studentId, week))
    },
  }
}

function toPending(values: string[]): Map<string, number> {
  const pending = new Map<string, number>()
  for (let at = 0; at < values.length; at += 2) pending.set(values[at] ?? '', Number(values[at + 1]))
  return pending
}
