import type { GrantCall } from '@lectern/shared/contracts/budget.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { AccountOf } from '../account-of.ts'
import type { FollowUp } from '../follow-up.ts'
import { toLedgerEntry } from '../ledger-entry.ts'
import type { Statements } from '../store/statements.ts'
import type { SyncAccount } from '../sync.ts'

/**
 * `quota.grants.add`: the ledger first, then the account in Redis. A negative grant may leave less than nothing: what was
 * used stays used, and the student waits for more or for the next week.
 */
export function addGrant({
  accountOf,
  statements,
  sync,
  followUp,
}: {
  accountOf: AccountOf
  statements: Statements
  sync: SyncAccount
  followUp: FollowUp
}): Handler<typeof GrantCall> {
  return async grant => {
    const { account } = await accountOf(grant.studentId, grant.week)
    const entry = await statements.grant(account.courseId, grant)
    await followUp('a grant', () => sync(account))
    return toLedgerEntry(entry)
  }
}
