import { randomUUID } from 'node:crypto'
import { createLog } from '@lectern/shared/log.ts'
import t from 'tap'
import type { Account } from '../src/account.ts'
import { type AppliedEnd, createSettlement } from '../src/settlement.ts'
import { bucketFor } from '../src/store/keys.ts'
import { createLook, createSync } from '../src/sync.ts'
import { type Enrolled, startFixture } from './fixture.ts'
import { openOwnStores } from './own-stores.ts'

/** Ends on their way from Redis to the ledger, and when that way makes the account be set to the ledger. */

const quota = await startFixture(t, { env: { RECONCILE_INTERVAL_MS: '2000000000' } })
const log = createLog('test', 'silent')
const stores = await openOwnStores(t, quota)

let syncs = 0
const setToLedger = createSync(createLook(stores), stores.accounts)
const sync = (account: Account) => {
  syncs += 1
  return setToLedger(account)
}
const record = createSettlement({ ...stores, sync, log })
t.beforeEach(() => {
  syncs = 0
})

/** Ends a hold in Redis only: a new one, or the one named. */
async function end(
  who: Enrolled,
  kind: 'settle' | 'release' = 'settle',
  reservationId: string = randomUUID(),
): Promise<AppliedEnd> {
  await quota.reserve(who, { reservationId })
  const chargeTokens = kind === 'settle' ? 30 : 0
  const ending = { reservationId, kind, chargeTokens, account: { ...who, week: 1 } }
  const { state } = await stores.reservations.end(bucketFor(who.courseId), ending)
  if (state === 'conflict') throw new Error('ended otherwise')
  return { ...ending, ...who, week: 1, model: 'm', inputTokens: 1, outputTokens: 1, state }
}
const lost = (applied: AppliedEnd): AppliedEnd => ({ ...applied, state: 'unknown' })
const used = async (who: Enrolled) => (await quota.balance(who)).used

t.test('P2: where Redis and the ledger agree nothing is set', async t => {
  const who = await quota.course()
  await record([await end(who), await end(who), await end(who, 'release')])
  t.equal(await used(who), 60)
  await record([lost(await end(who, 'release'))])
  t.equal(syncs, 0, 'a release charges nothing, known or not')
})

t.test('P1 P2: a settlement that Redis does not know is charged, once', async t => {
  const who = await quota.course()
  const settled = await end(who)
  await quota.redis.flushall()
  t.equal(await used(who), 0, 'the account is loaded before the ledger has it')
  await record([lost(settled)])
  t.equal(await used(who), 30)
  await record([lost(settled)])
  t.equal(await used(who), 30)
})

t.test('P1 P2: a settlement that Redis lost before it was confirmed is charged', async t => {
  const who = await quota.course()
  const kept = await end(who)
  const settled = await end(who)
  await quota.redis.flushall()
  t.equal(await used(who), 0)
  await record([settled, kept])
  t.equal(await used(who), 60)
  t.equal(syncs, 1)
})

t.test('P2: a hold that came back from an old file is not charged a second time', async t => {
  const who = await quota.course()
  const settled = await end(who)
  await record([settled])
  await quota.redis.del(`${bucketFor(who.courseId)}:hold:${settled.reservationId}`)
  const again = await end(who, 'settle', settled.reservationId)
  t.equal(await used(who), 60, 'Redis has charged it again')
  await record([again])
  t.equal(await used(who), 30)
  t.equal(syncs, 1)
})
