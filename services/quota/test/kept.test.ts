import { ReleaseCall } from '@lectern/shared/contracts/quota.ts'
import t from 'tap'
import { KEEP_ENDED_S } from '../src/store/reservations.ts'
import { startFixture, until } from './fixture.ts'

// Real servers on a busy machine.
t.setTimeout(120_000)
const quota = await startFixture(t)

t.test('what is over leaves Redis by itself, whatever its end was', async t => {
  const who = await quota.course({
    weeklyTokens: 100_000,
    tokensPerMinute: 100_000,
    courseParallelRequests: 50,
  })
  const ids = Array.from({ length: 30 }, (_, n) => `kept-${n}`)
  for (const [n, reservationId] of ids.entries()) {
    t.match(await quota.reserve(who, { reservationId, ttlMs: n % 3 === 2 ? 1000 : 60_000 }), {
      granted: true,
    })
    if (n % 3 === 0) await quota.record(who, { id: reservationId, charge: 10 })
    if (n % 3 === 1) await quota.ask(ReleaseCall, { reservationId, keyHash: who.keyHash })
  }
  await until(async () => (await quota.entries(who)).filter(({ kind }) => kind !== 'allowance').length === 30)
  const lasting = async () => {
    const names = await quota.redis.keys('*')
    const livesS = await Promise.all(names.map(name => quota.redis.ttl(name)))
    return names.filter((_, n) => livesS[n] === -1).map(name => name.split(':')[2])
  }
  // The ledger has all ends; Redis hears of the last ones now.
  await until(async () => !(await lasting()).some(noun => noun === 'hold' || noun === 'expiry'))
  t.same(new Set(await lasting()), new Set(['accounts', 'epoch']), 'one of each for all')
  const holds = await quota.redis.keys('*:hold:*')
  t.equal(holds.length, 30)
  for (const name of holds) t.ok((await quota.redis.ttl(name)) <= KEEP_ENDED_S)
})
