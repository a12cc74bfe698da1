import { randomUUID } from 'node:crypto'
import { DropStudentCall, RevokeKeyCall, UpdateCourseCall } from '@lectern/shared/contracts/courses.ts'
import {
  ListProviderKeysCall,
  PutProviderKeyCall,
  RemoveProviderKeyCall,
} from '@lectern/shared/contracts/provider-keys.ts'
import t from 'tap'
import { type Enrolled, startFixture, until } from '../fixture.ts'

const quota = await startFixture(t)
const second = await quota.startReplica()
t.teardown(() => second.stop())

const put = (who: Enrolled, provider: string, sealed = 'v1.sealed', hint = '1234') =>
  quota.ask(PutProviderKeyCall, { keyHash: who.keyHash, provider, sealed, hint })
const list = (who: Enrolled) => quota.ask(ListProviderKeysCall, { keyHash: who.keyHash })
const remove = (who: Enrolled, provider: string) =>
  quota.ask(RemoveProviderKeyCall, { keyHash: who.keyHash, provider })
const ownKeyAt = ['openai', 'other']
/** The own key with which the next request would be paid. */
const ownKeyOf = async (who: Enrolled) => {
  const answer = await quota.reserve(who, { ownKeyAt })
  return answer.granted ? (answer.ownKey?.sealed ?? null) : answer.reason
}

t.test('P10: stored, told without the key, used and gone with the next request, by any replica', async t => {
  const who = await quota.course({ ownKeys: true, weeklyTokens: 0 })
  t.equal(await ownKeyOf(who), 'insufficient_quota')
  t.match(await put(who, 'openai', 'v1.first'), {
    known: true,
    allowed: true,
    key: { provider: 'openai', hint: '1234', createdAt: /^20/ },
  })
  for (let count = 0; count < 10; count++) t.equal(await ownKeyOf(who), 'v1.first')
  await put(who, 'other', 'v1.other', 'zzzz')
  await put(who, 'openai', 'v1.second', '5678')
  t.equal(await ownKeyOf(who), 'v1.second')
  const listed = await list(who)
  t.match(listed, {
    allowed: true,
    items: [
      { provider: 'openai', hint: '5678' },
      { provider: 'other', hint: 'zzzz' },
    ],
  })
  t.notMatch(JSON.stringify(listed), /v1/)
  t.match(await remove(who, 'openai'), { removed: true })
  t.equal(await ownKeyOf(who), 'v1.other')
  t.match(await remove(who, 'openai'), { removed: false })
  t.match(await list(who), { items: [{ provider: 'other' }] })
  const { rows } = await quota.pool.query(
    "SELECT sealed, hint FROM quota.provider_keys WHERE student_id = $1 AND provider = 'openai'",
    [who.studentId],
  )
  t.same(rows, [{ sealed: null, hint: '' }], 'nothing is left of it')
  t.match(await put(who, 'openai', 'v1.third'), { allowed: true })
  t.equal(await ownKeyOf(who), 'v1.third')
})

t.test('P2: a request that the student pays is an entry of nothing, once', async t => {
  const who = await quota.course({ ownKeys: true, weeklyTokens: 100 })
  await put(who, 'openai')
  const reservationId = randomUUID()
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => quota.reserve(who, { reservationId, ownKeyAt, maxOutputTokens: 9999 })),
  )
  t.equal(new Set(answers.map(answer => JSON.stringify(answer))).size, 1)
  t.match(answers[0], {
    granted: true,
    tokensHeld: 0,
    maxOutputTokens: 9999,
    remaining: 100,
    weights: { input: 0, cachedInput: 0, output: 0 },
    ownKey: { provider: 'openai', sealed: 'v1.sealed' },
  })
  await quota.record(who, { id: reservationId, charge: 0 })
  await quota.record(who, { id: reservationId, charge: 0 })
  await until(async () => (await quota.entries(who)).some(entry => entry.kind === 'settle'))
  t.match(
    (await quota.entries(who)).filter(({ reservationId: id }) => id === reservationId),
    [{ kind: 'settle', tokens: 0, inputTokens: 1, outputTokens: 2 }],
  )
  t.match(await quota.balance(who), { used: 0, held: 0, remaining: 100 })
})

t.test('the course decides, at once; a student may still look and delete', async t => {
  const who = await quota.course()
  t.same(await put(who, 'openai'), { known: true, allowed: false })
  const change = (ownKeys: boolean) =>
    quota.ask(UpdateCourseCall, { courseId: who.courseId, patch: { ownKeys }, actor: 'staff' })
  t.match(await change(true), { ownKeys: true, answerCache: 'off', answerCacheMinutes: 60 })
  t.match(await put(who, 'openai'), { allowed: true })
  t.equal(await ownKeyOf(who), 'v1.sealed')
  await change(false)
  t.equal(await ownKeyOf(who), null, 'the course pays again')
  t.match(await list(who), { allowed: false, items: [{ provider: 'openai' }] })
  t.match(await remove(who, 'openai'), { removed: true })
})

t.test('P10: no key of a stranger’s, and none is left of a student who was dropped', async t => {
  const who = await quota.course({ ownKeys: true })
  await put(who, 'openai')
  await quota.ask(RevokeKeyCall, { keyId: who.keyId })
  t.same(await put(who, 'openai'), { known: false })
  t.same(await list(who), { known: false })
  t.same(await remove(who, 'openai'), { known: false })

  const other = await quota.student(who.courseId)
  await put(other, 'openai')
  await quota.ask(DropStudentCall, { studentId: other.studentId })
  const { rows } = await quota.pool.query('SELECT sealed FROM quota.provider_keys WHERE student_id = $1', [
    other.studentId,
  ])
  t.same(rows, [{ sealed: null }])
})

t.test('P11: a Redis that was emptied, or missed a change, has what Postgres says', async t => {
  const who = await quota.course({ ownKeys: true })
  await put(who, 'openai', 'v1.one')
  await quota.redis.flushall()
  t.equal(await ownKeyOf(who), 'v1.one')
  const third = await quota.startReplica({ RECONCILE_AGE_MS: '50' })
  t.teardown(() => third.stop())
  // As by a replica that died in between.
  await quota.pool.query(
    "UPDATE quota.provider_keys SET sealed = 'v1.two', version = version + 1, updated_at = now() WHERE student_id = $1",
    [who.studentId],
  )
  await until(async () => (await ownKeyOf(who)) === 'v1.two')
  t.pass('repaired')
})
