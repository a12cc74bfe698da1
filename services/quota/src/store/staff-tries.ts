import { createHash } from 'node:crypto'
import type { Database } from './database.ts'

/** So many tries at once, and one more each time that `everyMs` has passed. */
interface Allowance {
  burst: number
  everyMs: number
}

/** Somebody who has forgotten which password it was; whoever guesses gets through 725 a day, of twelve characters. */
const ACCOUNT: Allowance = { burst: 5, everyMs: 120_000 }
/** A whole institute may be behind one address. Each try costs a tenth of a second of processor time. */
const ADDRESS: Allowance = { burst: 30, everyMs: 10_000 }

/** Who tries: an address, for links; with an e-mail, an account at an address. */
export interface Trier {
  address: string
  email?: string | undefined
}

/** Tries to sign in, in Postgres: all replicas count together. */
export interface StaffTries {
  /** Takes a try, before anything is compared. Answers for how long there is none; null: it may be tried now. */
  take(who: Trier, nowMs: number): Promise<number | null>
  /** The try was right: the account's are free again, and the address gets this one back. */
  giveBack(who: Required<Trier>, nowMs: number): Promise<void>
}

export function createStaffTries(database: Database): StaffTries {
  /** One statement, so that tries at the same moment count each other. */
  const takeOne = async (
    key: string,
    { burst, everyMs }: Allowance,
    nowMs: number,
  ): Promise<number | null> => {
    const now = new Date(nowMs)
    const latest = new Date(nowMs + (burst - 1) * everyMs)
    const taken = await database.$executeRaw`
      INSERT INTO quota.staff_tries AS t (key, free_at) VALUES (${key}, ${now}::timestamptz + ${everyMs} * interval '1 ms')
      ON CONFLICT (key) DO UPDATE SET free_at = greatest(t.free_at, ${now}::timestamptz) + ${everyMs} * interval '1 ms'
       WHERE t.free_at <= ${latest}::timestamptz`
    if (taken > 0) return null
    const row = await database.staffTry.findUnique({ where: { key } })
    return Math.max(1, (row?.freeAt.getTime() ?? nowMs) - latest.getTime())
  }
  return {
    async take(who, nowMs) {
      const { account, address } = keysOf(who)
      const waitMs = await takeOne(address, ADDRESS, nowMs)
      return waitMs ?? (account ? takeOne(account, ACCOUNT, nowMs) : null)
    },

    async giveBack(who, nowMs) {
      const { account, address } = keysOf(who)
      await database.$executeRaw`
        UPDATE quota.staff_tries SET free_at = free_at - ${ADDRESS.everyMs} * interval '1 ms' WHERE key = ${address}`
      // Whose tries are long free has none to be remembered, either.
      await database.$executeRaw`
        DELETE FROM quota.staff_tries WHERE key = ${account} OR free_at < ${new Date(nowMs)}::timestamptz`
    },
  }
}

/** Hashed: addresses and mistyped e-mails are nobody's to read. */
function keysOf({ address, email }: Trier): { address: string; account: string | null } {
  const keyOf = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return {
    address: keyOf(address),
    account: email === undefined ? null : keyOf(address, email.trim().toLowerCase()),
  }
}
