import { randomUUID } from 'node:crypto'
import * as budget from '@lectern/shared/contracts/budget.ts'
import { createLog } from '@lectern/shared/log.ts'
import t from 'tap'
import type { Alarms } from '../src/alarms.ts'
import { completionRecorded } from '../src/handlers/completion-recorded.ts'
import { createReconciler } from '../src/reconciler.ts'
import { createSettlement } from '../src/settlement.ts'
import { createLook, createSync } from '../src/sync.ts'
import { type Enrolled, headersOf, startFixture, until } from './fixture.ts'
import { openOwnStores } from './own-stores.ts'

/** The parts that raise an alarm, on the service's own stores; the service itself compares nothing here. */

const quota = await startFixture(t, { env: { RECONCILE_INTERVAL_MS: '2000000000' } })
const log = createLog('test', 'silent')
const stores = await openOwnStores(t, quota)

const raised: { alarm: string; of: string }[] = []
const told = (of: string) => raised.filter(one => one.of === of).map(one => one.alarm)
const alarms: Alarms = {
  overcharged: ({ reservationId }) => raised.push({ alarm: 'overcharged', of: reservationId }),
  settledLate: ({ reservationId }) => raised.push({ alarm: 'settled late', of: reservationId }),
  expired: ({ bucket }) => raised.push({ alarm: 'expired', of: bucket }),
  repaired: ({ account }) => raised.push({ alarm: 'repaired', of: account.studentId }),
  overdrawn: ({ account }) => raised.push({ alarm: 'overdrawn', of: account.studentId }),
}
const look = createLook(stores)
const sync = createSync(look, stores.accounts)
const round = createReconciler({ ...stores, look, sync, alarms, ageMs: -60_000 })
/** All buckets, twice: a difference must still be there at the second look. */
const compareAll = async () => {
  for (let step = 0; step < 32; step += 1) await round()
}
const correct = ({ studentId }: Enrolled, tokens: number) =>
  quota.ask(budget.GrantCall, {
    ...{ grantId: randomUUID(), studentId, week: 1, tokens, reason: 'too many', actor: 'dean' },
  })
const charged = async (who: Enrolled, charge: number) => {
  const reservationId = randomUUID()
  await quota.reserve(who, { reservationId })
  await quota.record(who, { id: reservationId, charge })
  await until(async () => (await quota.entries(who)).some(entry => entry.reservationId === reservationId))
}

t.test('P11: less than nothing is told once, unless staff took tokens back', async t => {
  const who = await quota.course({ weeklyTokens: 150 })
  await charged(who, 60)
  await correct(who, -100)
  t.match(await quota.balance(who), { granted: 50, used: 60, remaining: -10 })
  await compareAll()
  t.same(told(who.studentId), [], 'a correction explains it')
  const other = await quota.course({ weeklyTokens: 150 })
  await charged(other, 200)
  t.match(await quota.balance(other), { granted: 150, used: 200, remaining: -50 }, 'nothing is clamped')
  await compareAll()
  await compareAll()
  t.same(told(other.studentId), ['overdrawn'])
})

t.test('P11: a difference between Redis and the ledger is repaired and told', async t => {
  const who = await quota.course()
  await quota.balance(who)
  const [name = ''] = await quota.redis.keys(`*:account:${who.studentId}:1`)
  await quota.redis.hset(name, 'granted', 999_999)
  await compareAll()
  await compareAll()
  t.same(told(who.studentId), ['repaired'])
  t.match(await quota.balance(who), { granted: 1000 })
})

t.test('P4 P11: a hold that has ended in the ledger is repaired at the second look, and told', async t => {
  const who = await quota.course()
  const reservationId = randomUUID()
  await quota.reserve(who, { reservationId })
  const end = { reservationId, kind: 'expire' as const, ...who, week: 1, chargeTokens: 0, model: 'm' }
  await stores.ledger.append([{ ...end, inputTokens: null, outputTokens: null }])
  // All buckets, once.
  for (let step = 0; step < 16; step += 1) await round()
  t.match(await quota.balance(who), { held: 100 })
  t.same(told(who.studentId), [], 'it may be ending here as well')
  await compareAll()
  t.same(told(who.studentId), ['repaired'])
  t.match(await quota.balance(who), { held: 0, used: 0 })
})

t.test('P2 P11: a charge above the hold, and one after its expiry, are charged and told', async t => {
  const who = await quota.course()
  const ids = [randomUUID(), randomUUID()]
  await quota.reserve(who, { reservationId: ids[0] ?? '' })
  await quota.reserve(who, { reservationId: ids[1] ?? '', ttlMs: 1000 })
  await until(async () => (await quota.balance(who)).held === 100)
  const consumer = completionRecorded({
    ...stores,
    record: createSettlement({ ...stores, sync, log }),
    alarms,
  })
  const message = (id: string, charge: number) => {
    const headers = new Map(Object.entries(headersOf(who, { id, charge })))
    return { seq: 1, headers: { get: (name: string) => headers.get(name) ?? '' } }
  }
  const [over = '', late = ''] = ids
  await consumer.onBatch([message(over, 101), message(late, 7), message(over, 101)])
  t.same(told(over), ['overcharged'])
  t.same(told(late), ['settled late'])
  await consumer.onBatch([message(late, 7)])
  t.match(await quota.balance(who), { used: 108, held: 0 })
})
