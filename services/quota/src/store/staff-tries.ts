import { type Tries, type TryLimit, tryKey } from './tries.ts'

/** Somebody who has forgotten which password it was; whoever guesses gets through 725 a day, of twelve characters. */
const ACCOUNT: TryLimit = { burst: 5, everyMs: 120_000 }
/** A whole institute may be behind one address. Each try costs a tenth of a second of processor time. */
const ADDRESS: TryLimit = { burst: 30, everyMs: 10_000 }

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

export function createStaffTries(tries: Tries): StaffTries {
  return {
    async take(who, nowMs) {
      const { account, address } = keysOf(who)
      const waitMs = await tries.take(address, ADDRESS, nowMs)
      return waitMs ?? (account ? tries.take(account, ACCOUNT, nowMs) : null)
    },

    async giveBack(who, nowMs) {
      const { account, address } = keysOf(who)
      await tries.giveBack(address, ADDRESS)
      // Whose tries are long free has none to be remembered, either.
      await tries.forget(nowMs, account)
    },
  }
}

function keysOf({ address, email }: Trier): { address: string; account: string | null } {
  return {
    address: tryKey(address),
    account: email === undefined ? null : tryKey(address, email.trim().toLowerCase()),
  }
}
