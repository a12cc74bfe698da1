import { LecternError } from '@lectern/shared/errors.ts'
import type { Account } from './account.ts'
import { toPolicy } from './course.ts'
import type { Accounts, Ledgered, Snapshot, Written } from './store/accounts.ts'
import type { Courses } from './store/courses.ts'
import { bucketFor } from './store/keys.ts'
import type { Ledger } from './store/ledger.ts'
import type { Policies } from './store/policies.ts'

/**
 * Sets an account in Redis to what the ledger says: the one way in which an account is loaded, a grant arrives, a late
 * settlement is charged and a difference is repaired.
 *
 *  1. Redis, at one instant: the account's revision, and which settlements the ledger may not have yet (pending).
 *  2. Postgres, in one statement: the sums, and which of those pending settlements they contain.
 *  3. Redis: settled = the ledger's sum + pending that it does not contain; only where the revision is still the same.
 *
 * Why it is right whatever runs at the same time:
 *  - A settlement applied in Redis before 1 is pending until the ledger has it (`confirm` comes after the commit, and 2
 *    comes after 1), so it is counted once: by the ledger where 2 sees it, else as pending. Applied after 1: it raises
 *    the revision, and 3 is refused. `confirm` does not raise it, because it changes no sum.
 *  - A grant, or a settlement that Redis does not know, is committed first and then synced. Of two syncs the second to
 *    write read an older revision and is refused, so the last one to succeed asked the ledger after the commit.
 *  - Redis wiped in between has another epoch, and 3 is refused. What was pending is gone from Redis, but its message is
 *    not acknowledged: `confirm` then misses it, and its settlement ends with a sync of its own.
 * So nothing is ever added to what was loaded; a repeated or superfluous sync changes nothing.
 */
export type SyncAccount = (account: Account) => Promise<Written>

/** Steps 1 and 2: an account as Redis has it, and as it should be. */
export type LookAtAccount = (account: Account) => Promise<{ seen: Snapshot; ledgered: Ledgered }>

// A try takes milliseconds, and only a settlement of the same student makes another one necessary.
const MOST_TRIES = 20

export function createLook({
  accounts,
  policies,
  courses,
  ledger,
}: {
  accounts: Accounts
  policies: Policies
  courses: Courses
  ledger: Ledger
}): LookAtAccount {
  async function read(account: Account): Promise<Snapshot & { openBefore: number | null }> {
    const { courseId } = account
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const seen = await accounts.read(account)
      if (!seen) await policies.open(bucketFor(courseId))
      // Redis says which week is running, and from which tokens may be carried.
      else if (seen.openBefore === 'course')
        await policies.putCourse(toPolicy(await courses.find(courseId)), seen.epoch)
      else return { ...seen, openBefore: seen.openBefore }
    }
    throw restless(account)
  }

  return async account => {
    const seen = await read(account)
    const sum = await ledger.sum(account, [...seen.pending.keys()], seen.openBefore)
    const { granted, settled, takenBack, recorded } = sum
    const inLedger = new Set(recorded)
    const missing = [...seen.pending].filter(([id]) => !inLedger.has(id))
    const total = missing.reduce((sum, [, charge]) => sum + charge, settled)
    return { seen, ledgered: { granted, settled: total, takenBack, recorded } }
  }
}

export function createSync(look: LookAtAccount, accounts: Accounts): SyncAccount {
  return async account => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const { seen, ledgered } = await look(account)
      const written = await accounts.write(account, seen, ledgered)
      if (written) return written
    }
    throw restless(account)
  }
}

function restless({ courseId, week }: Account): LecternError {
  return new LecternError('service_unavailable', {
    retryAfterMs: 1000,
    cause: new Error(`an account of ${courseId}, week ${week}, did not come to rest`),
  })
}
