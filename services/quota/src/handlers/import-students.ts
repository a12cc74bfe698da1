import { randomUUIDv7 } from 'node:crypto'
import type { ImportRow, ImportStudentsCall, PlanImportCall } from '@lectern/shared/contracts/roster.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { forEachAtOnce } from '../at-once.ts'
import type { FollowUp } from '../follow-up.ts'
import { checkBucket } from '../roster.ts'
import { checkGroup } from '../settings.ts'
import type { Policies } from '../store/policies.ts'
import type { ProviderKeys } from '../store/provider-keys.ts'
import type { RedisClock } from '../store/redis-clock.ts'
import type { Imported, RosterImports } from '../store/roster-imports.ts'
import type { SyncAccount } from '../sync.ts'

/** `quota.students.plan-import` */
export function planImport(imports: RosterImports): Handler<typeof PlanImportCall> {
  return async order => {
    checkGroups(order.rows)
    return imports.plan(order)
  }
}

/** Commands on their way at once: thousands would make the requests that run meanwhile wait behind them. */
const REDIS_AT_ONCE = 32

/** `quota.students.import`: keys of those who are dropped end at once, those of who is added are in force. */
export function importStudents({
  imports,
  providerKeys,
  policies,
  sync,
  clock,
  followUp,
}: {
  imports: RosterImports
  providerKeys: ProviderKeys
  policies: Policies
  sync: SyncAccount
  clock: RedisClock
  followUp: FollowUp
}): Handler<typeof ImportStudentsCall> {
  const tell = async (courseId: string, { added, ended, accounts }: Imported) => {
    await forEachAtOnce(ended.hashes, REDIS_AT_ONCE, hash => policies.endKeys([hash]))
    for (const studentId of ended.withOwnKeys)
      await policies.putOwnKeys(await providerKeys.copyOf(studentId), null)
    await forEachAtOnce(added, REDIS_AT_ONCE, ({ studentId, hash }) =>
      policies.putKey({ hash, state: 'owner', studentId, courseId }, null),
    )
    for (const account of accounts) await sync(account)
  }
  return async ({ actor, ...order }) => {
    checkGroups(order.rows)
    for (const [index, { key }] of order.rows.entries()) {
      if (key) checkBucket(key, order.courseId, `rows[${index}].key`)
    }
    const done = await imports.apply(order, { actor, nowMs: clock.nowMs(), id: randomUUIDv7() })
    await followUp(`an import of ${order.courseId}`, () => tell(order.courseId, done))
    return done.plan
  }
}

function checkGroups(rows: readonly ImportRow[]): void {
  for (const [index, { group }] of rows.entries()) if (group) checkGroup(group, `rows[${index}].group`)
}
