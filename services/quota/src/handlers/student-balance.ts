import type { StudentBalanceCall } from '@lectern/shared/contracts/budget.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toBalance } from '../account.ts'
import type { AccountOf } from '../account-of.ts'
import type { ReadAmounts } from '../amounts.ts'

/** `quota.students.balance`: of any week of the course; a week that was never used is opened with its allowance. */
export function studentBalance({
  accountOf,
  readAmounts,
}: {
  accountOf: AccountOf
  readAmounts: ReadAmounts
}): Handler<typeof StudentBalanceCall> {
  return async ({ studentId, week }) => {
    const { account, resetsAtMs } = await accountOf(studentId, week)
    return toBalance(account, await readAmounts(account), resetsAtMs)
  }
}
