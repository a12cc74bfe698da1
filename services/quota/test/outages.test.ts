import { setTimeout as delay } from 'node:timers/promises'
import * as budget from '@lectern/shared/contracts/budget.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { type Enrolled, startFixture, until } from './fixture.ts'

const quota = await startFixture(t, { redis: { keep: true } })
const { ask, servers } = quota

/** Reserves 100 tokens; answers the id. */
async function held(who: Enrolled): Promise<string> {
  const reservationId = crypto.randomUUID()
  t.match(await quota.reserve(who, { reservationId }), { granted: true })
  return reservationId
}
const settles = async (who: Enrolled) =>
  (await quota.entries(who)).filter(entry => entry.kind === 'settle').map(entry => entry.tokens)

t.test(
  'P11: Postgres away: loaded accounts are served, holds end at once, the ledger catches up',
  async t => {
    const who = await quota.course()
    const stranger = await quota.student(who.courseId)
    const ids = [await held(who), await held(who)]
    await servers.postgres.stop()
    t.match(await quota.reserve(who), { granted: true }, 'Redis is enough')
    await t.rejects(quota.reserve(stranger), { code: 'service_unavailable', retryAfterMs: 1000 })
    await t.rejects(ask(staff.GetCourseCall, { courseId: who.courseId }), { code: 'service_unavailable' })
    await t.rejects(
      ask(budget.GrantCall, {
        grantId: 'g',
        studentId: who.studentId,
        week: 1,
        tokens: 1,
        reason: 'r',
        actor: 'a',
      }),
      { code: 'service_unavailable' },
    )
    await quota.record(who, { id: ids[0] ?? '', charge: 10 })
    await until(async () => (await quota.balance(who)).held === 200)
    // The first batch is stuck in its insert by now; the next one must not wait for it.
    await delay(300)
    await quota.record(who, { id: ids[1] ?? '', charge: 20 })
    await until(async () => (await quota.balance(who)).held === 100)
    t.match(await quota.balance(who), { used: 30 })

    await servers.postgres.start()
    await until(async () => (await settles(who).catch(() => [])).length === 2, 20_000)
    t.match(await quota.balance(who), { granted: 1000, used: 30, held: 100 })
    t.match(await quota.reserve(stranger), { granted: true }, 'and works again without a restart')
  },
)

t.test(
  'P1 P2: Redis wiped while settlements wait for Postgres: rebuilt from the ledger, each charged once',
  async t => {
    const who = await quota.course()
    const [settled = '', pending = '', open = ''] = [await held(who), await held(who), await held(who)]
    await quota.record(who, { id: settled, charge: 1 })
    await until(async () => (await settles(who)).length === 1)
    await servers.postgres.stop()
    await quota.record(who, { id: pending, charge: 20 })
    await until(async () => (await quota.balance(who)).used === 21)
    await quota.redis.flushall()
    await t.rejects(
      quota.reserve(who),
      { code: 'service_unavailable' },
      'empty means not ready, never a full budget',
    )
    await servers.postgres.start()
    await until(async () => (await settles(who).catch(() => [])).length === 2, 20_000)
    await until(async () => (await quota.balance(who)).used === 21)
    t.match(await quota.balance(who), { granted: 1000, held: 0 })

    await quota.record(who, { id: open, charge: 300 })
    await quota.record(who, { id: open, charge: 300 })
    await until(async () => (await quota.balance(who)).used === 321)
    await until(async () => (await settles(who)).length === 3)
    t.match(
      await quota.balance(who),
      { granted: 1000, used: 321, held: 0, remaining: 679 },
      'a hold that was lost is charged late',
    )
  },
)

t.test(
  'P1 P11: Redis restarted with an old file: nothing in it is believed before the ledger was asked',
  async t => {
    const who = await quota.course()
    const id = await held(who)
    const open = await held(who)
    await quota.record(who, { id, charge: 42 })
    await until(async () => (await settles(who)).length === 1)
    // As if the last second had been lost: the account without its charge, the key before it was revoked.
    const bucket = (await quota.redis.keys(`{q:*}:course:${who.courseId}`))[0]?.slice(0, 6)
    const other = await quota.student(who.courseId)
    t.match(await quota.reserve(other), { granted: true })
    await ask(staff.RevokeKeyCall, { keyId: other.keyId })
    await quota.redis.hset(`${bucket}:account:${who.studentId}:1`, 'settled', 0)
    const forgotten = { state: 'owner', student: other.studentId, course: other.courseId }
    await quota.redis.hset(`${bucket}:key:${other.keyHash}`, forgotten)
    t.match(await quota.reserve(other), { granted: true }, 'the stale copy would be believed')
    await servers.redis.stop()
    await t.rejects(quota.reserve(who), { code: 'service_unavailable', retryAfterMs: 1000 })
    t.equal(await quota.service.checks.redis?.(), false)
    await servers.redis.start()
    await until(async () => (await quota.service.checks.redis?.()) === true)

    t.match(await quota.balance(who), { granted: 1000, used: 42, held: 100 }, 'holds in the file are kept')
    t.match(await quota.reserve(other), { granted: false, reason: 'invalid_api_key' })
    await quota.record(who, { id, charge: 42 })
    await quota.record(who, { id: open, charge: 5 })
    await until(async () => (await quota.balance(who)).used === 47)
    t.match(await quota.balance(who), { held: 0, remaining: 953 })
  },
)

t.test(
  'P4 P11: Redis hangs: 503 within the deadline, and no hold is left behind when it goes on',
  async t => {
    const who = await quota.course()
    await held(who)
    process.kill(servers.redis.pid, 'SIGSTOP')
    const began = performance.now()
    try {
      const answers = await Promise.allSettled(Array.from({ length: 5 }, () => quota.reserve(who)))
      t.ok(
        answers.every(answer => answer.status === 'rejected' && answer.reason.code === 'service_unavailable'),
      )
      t.ok(performance.now() - began < 1500, 'before the gateway gives up')
    } finally {
      process.kill(servers.redis.pid, 'SIGCONT')
    }
    await until(async () =>
      quota.balance(who).then(
        () => true,
        () => false,
      ),
    )
    t.match(await quota.balance(who), { held: 100 }, 'the commands that came too late did nothing')
  },
)

t.test('P11: a malformed record is dead-lettered, the rest flows', async t => {
  const who = await quota.course()
  const ids = await Promise.all(Array.from({ length: 6 }, () => held(who)))
  const dead = quota.nc.subscribe('deadletter.quota-ledger')
  await quota.nc.flush()
  const [a = '', b = '', c = '', d = ''] = ids
  await Promise.all([
    quota.record(who, { id: a, charge: 1 }),
    quota.record(who, { id: 'bad-charge', headers: { [HEADER.charge]: '1e3' } }),
    quota.record(who, { id: b, charge: 2 }),
    quota.record(who, { id: 'bad-end', headers: { [HEADER.end]: 'refund' } }),
    quota.record(who, { id: 'charged-release', end: 'release', charge: 5 }),
    quota.record({ ...who, studentId: 'nobody' }, { id: 'no-such-student', charge: 5 }),
    quota.record(who, { id: c, charge: 3 }),
  ])
  await quota.record(who, { id: a, charge: 99 })
  await quota.record(who, { id: d, charge: 4 })
  const reasons: string[] = []
  for await (const message of dead) {
    reasons.push(message.headers?.get(HEADER.reason) ?? '')
    if (reasons.length === 5) break
  }
  t.same(
    ['chargeTokens', 'kind', 'release', 'foreign key', 'ended otherwise'].filter(
      word => !reasons.some(reason => reason.includes(word)),
    ),
    [],
  )
  await until(async () => (await settles(who)).length === 4)
  await until(async () => (await quota.balance(who)).used === 10)
  t.match(await quota.balance(who), { used: 10, held: 200 })
})

t.test('P2: a replica that stops gives its unrecorded settlements to another', async t => {
  const who = await quota.course()
  const ids = [await held(who), await held(who)]
  await servers.postgres.stop()
  for (const id of ids) await quota.record(who, { id, charge: 7 })
  await until(async () => (await quota.balance(who)).used === 14)
  const replica = await quota.startReplica()
  await quota.service.stop()
  await servers.postgres.start()
  await until(async () => (await settles(who).catch(() => [])).length === 2, 15_000)
  t.match(await quota.balance(who), { used: 14, held: 0 })
  await replica.stop()
})
