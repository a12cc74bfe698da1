import type { GrantManyCall } from '@lectern/shared/contracts/roster.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { WeekOf } from '../account-of.ts'
import { forEachAtOnce } from '../at-once.ts'
import type { FollowUp } from '../follow-up.ts'
import type { BulkGrants } from '../store/bulk-grants.ts'
import type { SyncAccount } from '../sync.ts'

/** More at once would take the connections of the requests that run meanwhile. */
const AT_ONCE = 4

/** `quota.grants.add-many`: the ledger first, then the accounts in Redis. */
export function grantMany({
  bulkGrants,
  weekOf,
  sync,
  followUp,
}: {
  bulkGrants: BulkGrants
  weekOf: WeekOf
  sync: SyncAccount
  followUp: FollowUp
}): Handler<typeof GrantManyCall> {
  return async order => {
    const { courseId } = order
    const { week } = await weekOf(courseId, order.week)
    const { grant, opened } = await bulkGrants.add({ ...order, week, isRunning: order.week === null })
    await followUp(`a grant to ${opened.length} students`, async () => {
      await forEachAtOnce(opened, AT_ONCE, studentId => sync({ courseId, studentId, week: grant.week }))
    })
    const { tokens, reason, students } = grant
    return { courseId, week: grant.week, tokens: Number(tokens), reason, students }
  }
}
