import type { Account, Amounts } from './account.ts'
import type { WithLoading } from './loader.ts'
import type { Need } from './need.ts'
import type { Accounts } from './store/accounts.ts'

/** An account in numbers, loaded where Redis does not have it. */
export type ReadAmounts = (account: Account) => Promise<Amounts>

export function createReadAmounts(accounts: Accounts, withLoading: WithLoading): ReadAmounts {
  return account =>
    withLoading(async (): Promise<Amounts | { need: Need }> => {
      const seen = await accounts.read(account)
      return seen?.exists && seen.isCurrent ? seen : { need: { what: 'account', account } }
    })
}
