import type { Account, Amounts } from './account.ts'
import type { Alarms } from './alarms.ts'
import { toPolicy } from './course.ts'
import type { Accounts } from './store/accounts.ts'
import type { ApiKeys } from './store/api-keys.ts'
import type { Courses } from './store/courses.ts'
import { ALL_BUCKETS, accountMember, type Bucket, bucketFor, bucketForKey } from './store/keys.ts'
import type { Policies } from './store/policies.ts'
import type { ProviderKeys } from './store/provider-keys.ts'
import type { RedisClock } from './store/redis-clock.ts'
import type { Students } from './store/students.ts'
import type { LookAtAccount, SyncAccount } from './sync.ts'

// Per step: 16 steps pass all buckets, so an account of a small installation is compared every 16 intervals at most.
const BUCKETS_A_STEP = 16
const ACCOUNTS_A_BUCKET = 8

/**
 * Compares the accounts in Redis with the ledger, continuously and in small steps, those first that were compared longest
 * ago. A difference is repaired towards the ledger by the same sync that loads an account; zero is the normal reading.
 * Only a difference that is still there at the next look is one: a grant may have been committed a moment ago, with its
 * own sync on the way, or a hold have ended on both sides between the two looks at them.
 */
export function createReconciler({
  accounts,
  students,
  look,
  sync,
  clock,
  ageMs,
  alarms,
}: {
  accounts: Accounts
  students: Students
  look: LookAtAccount
  sync: SyncAccount
  clock: RedisClock
  ageMs: number
  alarms: Alarms
}): () => Promise<void> {
  const suspects = new Set<string>()
  const overdrawn = new Set<string>()
  let next = 0

  async function compare(bucket: Bucket, studentId: string, week: number): Promise<void> {
    const { courseId } = await students.find(studentId)
    const account: Account = { courseId, studentId, week }
    const { seen, ledgered } = await look(account)
    const name = accountMember(studentId, week)
    const suspected = suspects.delete(name)
    if (!seen.exists) {
      overdrawn.delete(name)
      return accounts.forget(bucket, studentId, week)
    }
    const differs =
      seen.granted !== ledgered.granted ||
      seen.settled !== ledgered.settled ||
      // Held here, ended there.
      ledgered.ended.length > 0
    // After a restart of Redis its copies are known to be old: setting them right is a load, not a repair.
    if (differs && seen.isCurrent && !suspected) return void suspects.add(name)
    const { before, after } = await sync(account)
    const heldWrongly = before !== null && before.held !== after.held
    if (seen.isCurrent && (differs || heldWrongly)) alarms.repaired({ account, before, after })
    warnOnce(name, account, after, ledgered.takenBack)
  }

  /** An account stays below zero for the rest of its week: it is told when it comes to that, not each minute. */
  function warnOnce(name: string, account: Account, amounts: Amounts, takenBack: number): void {
    const isOverdrawn = amounts.granted + takenBack - amounts.settled - amounts.held < 0
    if (isOverdrawn && !overdrawn.has(name)) alarms.overdrawn({ account, amounts })
    if (isOverdrawn) overdrawn.add(name)
    else overdrawn.delete(name)
  }

  return async () => {
    for (let step = 0; step < BUCKETS_A_STEP; step += 1) {
      const bucket = ALL_BUCKETS[next] as Bucket
      next = (next + 1) % ALL_BUCKETS.length
      const due = await accounts.oldest(bucket, ACCOUNTS_A_BUCKET, clock.nowMs() - ageMs)
      for (const { studentId, week } of due) await compare(bucket, studentId, week)
    }
  }
}

// Long enough that a crashed process's neighbour notices, short enough that the question stays small.
const LOOK_BACK_MS = 600_000

/**
 * Repeats what recent changes of keys and courses have told Redis: the process that made one may have died, or lost its
 * connection, between its commit in Postgres and its word to Redis.
 */
export function createPolicyRepair({
  policies,
  keys,
  courses,
  providerKeys,
}: {
  policies: Policies
  keys: ApiKeys
  courses: Courses
  providerKeys: ProviderKeys
}): () => Promise<void> {
  return async () => {
    const since = new Date(Date.now() - LOOK_BACK_MS)
    const [revoked, changed, students] = await Promise.all([
      keys.revokedSince(since),
      courses.changedSince(since),
      providerKeys.changedSince(since),
    ])
    // By bucket: a node of a cluster that is away fails once, and holds up its own buckets only.
    const failed = new Map<Bucket, unknown>()
    const tell = async (bucket: Bucket, put: () => Promise<void>) => {
      if (!failed.has(bucket)) await put().catch((error: unknown) => failed.set(bucket, error))
    }
    for (const hash of revoked)
      await tell(bucketForKey(hash), () => policies.putKey({ hash, state: 'revoked' }, null))
    for (const course of changed)
      await tell(bucketFor(course.id), () => policies.putCourse(toPolicy(course), null))
    for (const studentId of students) {
      const copy = await providerKeys.copyOf(studentId)
      await tell(copy.bucket, () => policies.putOwnKeys(copy, null))
    }
    for (const error of failed.values()) throw error
  }
}
