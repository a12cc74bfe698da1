import { randomUUID } from 'node:crypto'
import { manualClock } from '@lectern/shared/clock.ts'
import { ReleaseCall } from '@lectern/shared/contracts/quota.ts'
import t from 'tap'
import { type Enrolled, startFixture, until } from './fixture.ts'
import { redisFiles, replicasOf } from './model-world.ts'

/** Redis comes back with an older file: what ended since is open in it again. Nothing but the next request sets that right. */

const STARTS_MS = Date.parse('2026-01-05T00:00:00Z')
const WEEK_MS = 604_800_000
const clock = manualClock(STARTS_MS)
const quota = await startFixture(t, {
  clock,
  env: { RECONCILE_INTERVAL_MS: '2000000000', BUDGET_WAIT_MS: '0' },
  redis: { keep: true },
})
const redis = await redisFiles(t, quota, replicasOf(quota))

async function held(who: Enrolled): Promise<string> {
  const reservationId = randomUUID()
  t.match(await quota.reserve(who, { reservationId }), { granted: true, tokensHeld: 100 })
  return reservationId
}
const kinds = async (who: Enrolled) =>
  (await quota.entries(who)).filter(entry => entry.reservationId).map(({ kind, tokens }) => [kind, tokens])
const inLedger = (who: Enrolled, entries: number) => until(async () => (await kinds(who)).length === entries)
const stateOf = async (id: string) => {
  const [name = ''] = await quota.redis.keys(`*:hold:${id}`)
  return quota.redis.hget(name, 'state')
}

t.test('P2 P4: what ended since is over at the next request; what is open stays held', async t => {
  const limits = { weeklyTokens: 330, parallelRequests: 3, courseParallelRequests: 3 }
  const who = await quota.course({ startsOn: '2026-01-05', ...limits })
  const [settled = '', released = '', open = ''] = [await held(who), await held(who), await held(who)]
  t.match(await quota.reserve(who), { granted: false, reason: 'too_many_parallel_requests' })
  await redis.copy()
  await quota.record(who, { id: settled, charge: 30 })
  await quota.ask(ReleaseCall, { reservationId: released, keyHash: who.keyHash })
  await inLedger(who, 2)

  await redis.restart(true)
  t.same(await Promise.all([settled, released, open].map(stateOf)), ['held', 'held', 'held'], 'an older file')
  t.match(await quota.reserve(who), { granted: true, tokensHeld: 100, remaining: 100 }, 'tokens and slots')
  t.same(await Promise.all([settled, released, open].map(stateOf)), ['settled', 'released', 'held'])
  t.match(await quota.reserve(who), { granted: true, tokensHeld: 100, remaining: 0 })
  t.match(await quota.reserve(who), { granted: false, reason: 'too_many_parallel_requests' })

  await quota.record(who, { id: settled, charge: 30 })
  await quota.record(who, { id: open, charge: 70 })
  await inLedger(who, 3)
  t.match(await quota.balance(who), { granted: 330, used: 100, held: 200 }, 'a repeat is not charged')
  t.same((await kinds(who)).toSorted(), [
    ['release', 0],
    ['settle', -30],
    ['settle', -70],
  ])
})

t.test('P4: a slot of the week before is free as well', async t => {
  clock.set(STARTS_MS + WEEK_MS - 10_000)
  const who = await quota.course({ startsOn: '2026-01-05', parallelRequests: 1 })
  const id = await held(who)
  await redis.copy()
  await quota.record(who, { id, charge: 30 })
  await inLedger(who, 1)
  clock.advance(20_000)
  await redis.restart(true)
  t.equal(await stateOf(id), 'held', 'its deadline is still to come')
  t.match(await quota.reserve(who), { granted: true, week: 2 })
  t.equal(await stateOf(id), 'settled')
})
