import { setTimeout as delay } from 'node:timers/promises'
import { ReleaseCall } from '@lectern/shared/contracts/quota.ts'
import t from 'tap'
import { startFixture, until } from '../fixture.ts'

const quota = await startFixture(t)
const second = await quota.startReplica()
t.teardown(() => second.stop())

t.test(
  'P1: of 200 parallel requests on a balance that fits 37, exactly 37 are admitted, by two replicas',
  async t => {
    for (let round = 0; round < 5; round += 1) {
      const who = await quota.course({ weeklyTokens: 3700 })
      // Cold: all of them miss the epoch, the key and the account at once.
      const answers = await Promise.all(Array.from({ length: 200 }, () => quota.reserve(who)))
      t.equal(answers.filter(answer => answer.granted).length, 37)
      t.ok(answers.every(answer => answer.granted || answer.reason === 'budget_in_use'))
      t.match(await quota.balance(who), { held: 3700, remaining: 0 })
    }
  },
)

t.test('P1: mixed sizes never hold one token more than is granted', async t => {
  const who = await quota.course({ weeklyTokens: 5000 })
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      quota.reserve(who, {
        inputTokens: (index * 37) % 200,
        maxOutputTokens: (index * 53) % 300,
        choices: 1 + (index % 3),
      }),
    ),
  )
  const held = answers.reduce((sum, answer) => sum + (answer.granted ? answer.tokensHeld : 0), 0)
  t.ok(held <= 5000)
  t.match(await quota.balance(who), { held, remaining: 5000 - held })
})

t.test('P2: one reservation asked for many times at once is one hold', async t => {
  const who = await quota.course()
  const reservationId = crypto.randomUUID()
  const answers = await Promise.all(Array.from({ length: 20 }, () => quota.reserve(who, { reservationId })))
  t.equal(new Set(answers.map(answer => JSON.stringify(answer))).size, 1)
  t.match(await quota.balance(who), { held: 100 })
  await t.rejects(quota.reserve(who, { reservationId, inputTokens: 11 }), { code: 'conflict' })
})

t.test('P4: a refusal caused only by open holds waits for them first', async t => {
  const who = await quota.course({ weeklyTokens: 100 })
  const reservationId = crypto.randomUUID()
  await quota.reserve(who, { reservationId })
  const [answer] = await Promise.all([
    quota.reserve(who, { maxOutputTokens: 20 }),
    quota.record(who, { id: reservationId, charge: 10 }),
  ])
  t.match(answer, { granted: true, tokensHeld: 30 })
  t.match(await quota.reserve(who, { inputTokens: 60 }), {
    granted: false,
    reason: 'budget_in_use',
    retryAfterMs: 1000,
    remaining: 60,
  })
  t.match(await quota.reserve(who, { inputTokens: 91 }), {
    granted: false,
    reason: 'insufficient_quota',
    retryAfterMs: null,
  })
})

t.test(
  'P4: without leave to lower the cap, all of it is held or nothing, and nothing is waited for',
  async t => {
    const who = await quota.course({ weeklyTokens: 150 })
    const reservationId = crypto.randomUUID()
    await quota.reserve(who, { reservationId })
    const whole = { lowerOutput: false }
    const [denied] = await Promise.all([
      quota.reserve(who, { ...whole, maxOutputTokens: 41 }),
      delay(20).then(() => quota.record(who, { id: reservationId, charge: 10 })),
    ])
    t.match(denied, { granted: false, reason: 'budget_in_use', remaining: 50 })
    await until(async () => (await quota.balance(who)).held === 0)
    t.match(await quota.reserve(who, { maxOutputTokens: 131, ...whole }), { reason: 'insufficient_quota' })
    t.match(await quota.reserve(who, { maxOutputTokens: 130, ...whole }), {
      tokensHeld: 140,
      outputLowered: false,
    })
  },
)

t.test('P2 P4: a release gives the hold back, once, and is in the ledger', async t => {
  const who = await quota.course()
  const reservationId = crypto.randomUUID()
  await quota.reserve(who, { reservationId })
  const release = () => quota.ask(ReleaseCall, { reservationId, keyHash: who.keyHash })
  t.same(await release(), { released: true })
  t.same(await release(), { released: false })
  t.same(await quota.ask(ReleaseCall, { reservationId: 'never', keyHash: who.keyHash }), { released: false })
  t.match(await quota.balance(who), { used: 0, held: 0 })
  await until(async () => (await quota.entries(who)).length === 2)
  t.match(await quota.entries(who), [{ kind: 'release', tokens: 0, reservationId }, { kind: 'allowance' }])
})

t.test('P4: a reservation that comes after its release is refused', async t => {
  const who = await quota.course()
  const reservationId = crypto.randomUUID()
  t.same(await quota.ask(ReleaseCall, { reservationId, keyHash: who.keyHash }), { released: false })
  await t.rejects(quota.reserve(who, { reservationId }), { code: 'conflict' })
  t.match(await quota.balance(who), { held: 0 })
})

t.test('P2: after many requests the balance equals the sum of the ledger', async t => {
  const who = await quota.course({ weeklyTokens: 1_000_000 })
  const ids = Array.from({ length: 300 }, () => crypto.randomUUID())
  await Promise.all(ids.map(reservationId => quota.reserve(who, { reservationId })))
  await Promise.all(
    ids.flatMap((id, index) => {
      const end = index % 10 === 0 ? ({ id, end: 'release' } as const) : { id, charge: index % 90 }
      return [quota.record(who, end), quota.record(who, end)]
    }),
  )
  await until(async () => (await quota.entries(who)).length === 301)
  const used = (await quota.entries(who))
    .filter(e => e.kind === 'settle')
    .reduce((sum, e) => sum - e.tokens, 0)
  t.match(await quota.balance(who), { granted: 1_000_000, used, held: 0 })
  const pending = await quota.redis.keys(`*:pending:${who.studentId}:*`)
  await until(async () => (await quota.redis.exists(...pending, 'none')) === 0)
  t.equal(await quota.redis.scard((await quota.redis.keys(`*:running:${who.studentId}`))[0] ?? 'none'), 0)
})
