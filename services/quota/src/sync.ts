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
 *  1. Redis, at one instant: the account's revision, which settlements the ledger may not have yet (pending), and which of
 *     the student's holds are open (running).
 *  2. Postgres, in one statement: the sums, and which of those pending and running reservations have ended there.
 *  3. Redis: settled = the ledger's sum + pending that it does not contain; running holds that have ended there end here;
 *     held = those that are left. Only where the revision is still the same.
 *
 * Why it is right whatever runs at the same time:
 *  - A settlement applied in Redis before 1 is pending until the ledger has it (`confirm` comes after the commit, and 2
 *    comes after 1), so it is counted once: by the ledger where 2 sees it, else as pending. Applied after 1: it raises
 *    the revision, and 3 is refused. `confirm` does not raise it, because it changes no sum.
 *  - A grant, or a settlement that Redis does not know, is committed first and then synced. Of two syncs the second to
 *    write read an older revision and is refused, so the last one to succeed asked the ledger after the commit.
 *  - Redis wiped in between has another epoch, and 3 is refused. What was pending is gone from Redis, but its message is
 *    not acknowledged: `confirm` then misses it, and its settlement ends with a sync of its own.
 *  - Redis restored from an older file has holds open again that ended since. What ended in the ledger ends in 3, together
 *    with the sum that contains its charge: its tokens and its parallel slot are free, and its message, when it comes
 *    again, is a repeat. A hold that is really open has no end in the ledger, for an end comes to Redis first. What comes
 *    to the hold between 1 and 3: a settlement raises the revision, and 3 is refused; a release or an expiry charges
 *    nothing, and 3 leaves alone what is no longer held. A hold that is made after 1 was not asked about, and is held.
 *  - Holds of the student's other weeks take parallel slots too, and those accounts may never be synced again: they end
 *    here as well. Their accounts get another revision and no epoch, so that a sync of theirs that runs at the same time
 *    reads again, and nothing is decided on them before one has.
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
    const asked = [...seen.pending.keys(), ...seen.running]
    const { granted, settled, takenBack, ends } = await ledger.sum(account, asked, seen.openBefore)
    const pending = Map.groupBy(seen.pending, ([id]) => ends.get(id)?.kind === 'settle')
    const total = (pending.get(false) ?? []).reduce((sum, [, charge]) => sum + charge, settled)
    const recorded = (pending.get(true) ?? []).map(([id]) => id)
    const ended = seen.running.flatMap(reservationId => {
      const end = ends.get(reservationId)
      return end ? [{ reservationId, ...end }] : []
    })
    return { seen, ledgered: { granted, settled: total, takenBack, recorded, ended } }
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
