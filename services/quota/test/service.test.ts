import t from 'tap'
import { startFixture, until } from './fixture.ts'

const quota = await startFixture(t)

t.test('P1 P2: a reservation is held, settled once, and is in the ledger', async t => {
  const who = await quota.course()
  const reservationId = crypto.randomUUID()
  const answer = await quota.reserve(who, { reservationId })
  t.match(answer, {
    granted: true,
    tokensHeld: 100,
    maxOutputTokens: 90,
    outputLowered: false,
    remaining: 900,
    week: 1,
  })
  t.same(await quota.reserve(who, { reservationId }), answer, 'the same question gets the same answer')
  t.match(await quota.balance(who), { granted: 1000, used: 0, held: 100, remaining: 900 })

  await quota.record(who, { id: reservationId, charge: 42 })
  await until(async () => (await quota.balance(who)).held === 0)
  t.match(await quota.balance(who), { granted: 1000, used: 42, held: 0, remaining: 958 })
  await until(async () => (await quota.entries(who)).length === 2)
  t.match(await quota.entries(who), [
    { kind: 'settle', tokens: -42, reservationId, model: 'm', inputTokens: 1, outputTokens: 2, week: 1 },
    { kind: 'allowance', tokens: 1000 },
  ])

  await quota.record(who, { id: reservationId, charge: 42 })
  await quota.record(who, { id: reservationId, charge: 42 })
  const other = crypto.randomUUID()
  await quota.reserve(who, { reservationId: other })
  await quota.record(who, { id: other, end: 'release' })
  await until(async () => (await quota.entries(who)).length === 3)
  t.match(
    await quota.balance(who),
    { granted: 1000, used: 42, held: 0, remaining: 958 },
    'repeats change nothing',
  )
})
