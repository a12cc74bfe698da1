import * as budget from '@lectern/shared/contracts/budget.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import t from 'tap'
import { startFixture, until } from '../fixture.ts'

const quota = await startFixture(t)
const { ask } = quota
const grant = (
  studentId: string,
  tokens: number,
  more: { grantId?: string; week?: number; reason?: string } = {},
) =>
  ask(budget.GrantCall, {
    grantId: crypto.randomUUID(),
    studentId,
    week: 1,
    tokens,
    reason: 'extension',
    actor: 'staff',
    ...more,
  })

t.test('P1: a grant counts at once, once, and is in the ledger with who and why', async t => {
  const who = await quota.course({ weeklyTokens: 50 })
  t.match(await quota.reserve(who, { inputTokens: 100 }), {
    granted: false,
    reason: 'insufficient_quota',
    remaining: 50,
  })
  const grantId = crypto.randomUUID()
  const entry = await grant(who.studentId, 100, { grantId })
  t.match(entry, {
    kind: 'grant',
    tokens: 100,
    week: 1,
    actor: 'staff',
    reason: 'extension',
    reservationId: null,
  })
  t.same(await grant(who.studentId, 100, { grantId }), entry, 'repeatable')
  await t.rejects(grant(who.studentId, 101, { grantId }), { code: 'conflict' })
  t.match(await quota.reserve(who, { inputTokens: 100, maxOutputTokens: 50 }), {
    granted: true,
    remaining: 0,
  })
  t.match(await quota.balance(who), { granted: 150, held: 150, remaining: 0 })
  await t.rejects(grant('nobody', 1), { code: 'not_found' })
  await t.rejects(grant(who.studentId, 1, { week: 5 }), { code: 'invalid_request', param: 'week' })
  await t.rejects(grant(who.studentId, 1, { reason: 'nul \0' }), { code: 'invalid_request', param: 'reason' })
})

t.test(
  'P1: a correction may take more than is left; then nothing is granted until there is more',
  async t => {
    const who = await quota.course({ weeklyTokens: 100 })
    await grant(who.studentId, -150)
    t.match(await quota.balance(who), { granted: -50, used: 0, held: 0, remaining: -50 })
    t.match(await quota.reserve(who, { inputTokens: 1, maxOutputTokens: 1 }), {
      reason: 'insufficient_quota',
      remaining: -50,
    })
    await grant(who.studentId, 60)
    t.match(await quota.reserve(who, { inputTokens: 1, maxOutputTokens: 1 }), { granted: true, remaining: 8 })
  },
)

t.test('a changed course is in force at once, in the running and the later weeks', async t => {
  const who = await quota.course({ weeklyTokens: 1000, startsOn: dayBefore(9), weeks: 4 })
  const other = await quota.student(who.courseId)
  for (const week of [1, 2, 3]) await ask(budget.StudentBalanceCall, { studentId: who.studentId, week })
  const patch = (patch: staff.CoursePatch) =>
    ask(staff.UpdateCourseCall, { courseId: who.courseId, patch, actor: 'dean' })
  t.match(await patch({ weeklyTokens: 1500 }), { weeklyTokens: 1500 })
  const granted = async (studentId: string, week: number) =>
    (await ask(budget.StudentBalanceCall, { studentId, week })).granted
  t.same(
    await Promise.all([1, 2, 3, 4].map(week => granted(who.studentId, week))),
    [1000, 1500, 1500, 1500],
    'the past week keeps its allowance',
  )
  t.equal(await granted(other.studentId, 2), 1500)
  const corrections = (await quota.entries(who)).filter(entry => entry.kind === 'grant')
  t.match(corrections, [
    { week: 3, tokens: 500, actor: 'dean', reason: 'allowance changed' },
    { week: 2, tokens: 500 },
  ])

  await patch({ weeklyTokens: 1500 })
  t.equal((await quota.entries(who)).filter(entry => entry.kind === 'grant').length, 2, 'no change, no entry')
  t.match(await quota.reserve(who), { granted: true, week: 2 })
  await patch({ models: ['only-this'] })
  t.match(await quota.reserve(who), { granted: false, reason: 'model_not_found' })
  await patch({ models: [], requestsPerMinute: 1 })
  t.match(await quota.reserve(who), { granted: true })
  t.match(await quota.reserve(who), { granted: false, reason: 'rate_limit_exceeded' })
  await patch({ requestsPerMinute: 100_000, parallelRequests: 1 })
  t.match(await quota.reserve(who), { granted: false, reason: 'too_many_parallel_requests' })
  await patch({ parallelRequests: 100, weeklyTokens: 10 })
  t.match(await quota.balance(who), { granted: 10, held: 200, remaining: -190 })
  t.match(await quota.reserve(who), { granted: false, reason: 'insufficient_quota' })
  await t.rejects(ask(staff.UpdateCourseCall, { courseId: 'nowhere', patch: {}, actor: 'x' }), {
    code: 'not_found',
  })
})

t.test('a changed limit or weight decides the very next request, on every replica', async t => {
  const other = await quota.startReplica()
  const who = await quota.course({ weeklyTokens: 100_000 })
  const patch = (patch: staff.CoursePatch) =>
    ask(staff.UpdateCourseCall, { courseId: who.courseId, patch, actor: 'dean' })
  const weights = { input: 2000, cachedInput: 500, output: 3000 }
  /** So many that both replicas answer some of them. */
  const reserve = () => Promise.all(Array.from({ length: 16 }, () => quota.reserve(who)))
  await reserve()
  await patch({ modelWeights: { m: weights } })
  t.ok((await reserve()).every(answer => answer.granted && answer.tokensHeld === 290))
  t.match(await quota.reserve(who), { weights })
  await patch({ modelWeights: {}, tokensPerMinute: 1 })
  t.ok((await reserve()).filter(answer => answer.granted).length <= 1)
  t.match(await quota.reserve(who), { reason: 'rate_limit_exceeded', rateLimits: { tokensPerMinute: 1 } })
  await patch({ tokensPerMinute: null, courseParallelRequests: 1 })
  t.ok((await reserve()).every(answer => !answer.granted && answer.reason === 'too_many_parallel_requests'))
  await patch({ courseParallelRequests: null })
  const answers = await reserve()
  t.ok(answers.every(answer => answer.granted && answer.tokensHeld === 100))
  t.match(answers[0], {
    weights: { input: 1000, cachedInput: 1000, output: 1000 },
    rateLimits: {
      requestsPerMinute: 100_000,
      tokensPerMinute: null,
      tokensRemaining: null,
      tokensResetMs: null,
    },
  })
  await other.stop()
})

t.test('P1: accounts opened while the allowance changes all end with the new one', async t => {
  const who = await quota.course({ weeklyTokens: 100 })
  const students = await Promise.all(Array.from({ length: 24 }, () => quota.student(who.courseId)))
  const patch = (weeklyTokens: number) =>
    ask(staff.UpdateCourseCall, { courseId: who.courseId, patch: { weeklyTokens }, actor: 'staff' })
  await Promise.all([
    ...students.map(student => quota.balance(student)),
    patch(200),
    patch(300),
    ...students.map(student => quota.balance(student)),
  ])
  const { weeklyTokens } = await ask(staff.GetCourseCall, { courseId: who.courseId })
  for (const student of students) t.equal((await quota.balance(student)).granted, weeklyTokens)
})

t.test('the ledger is listed newest first, by pages', async t => {
  const who = await quota.course()
  for (let tokens = 1; tokens <= 5; tokens += 1) await grant(who.studentId, tokens)
  const list = (cursor?: string) =>
    ask(budget.ListLedgerCall, { studentId: who.studentId, week: 1, limit: 4, ...(cursor ? { cursor } : {}) })
  const first = await list()
  const rest = await list(first.next ?? '')
  const entries = [...first.items, ...rest.items]
  t.same(
    entries.map(entry => entry.tokens).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 1000],
  )
  t.same(
    entries,
    entries.toSorted((a, b) => Number(b.id) - Number(a.id)),
  )
  t.equal(rest.next, null)
  t.same((await ask(budget.ListLedgerCall, { studentId: who.studentId, week: 2, limit: 4 })).items, [])
  await t.rejects(list('not a number'), { code: 'invalid_request', param: 'cursor' })
})

t.test('P11: a change that Redis did not hear of reaches it by repair', async t => {
  const repairing = await quota.startReplica({ RECONCILE_AGE_MS: '100' })
  const who = await quota.course({ weeklyTokens: 100 })
  await quota.balance(who)
  await quota.pool.query(
    `INSERT INTO quota.ledger_entries (kind, student_id, course_id, week, tokens, grant_id) VALUES ('grant', $1, $2, 1, 11, $3)`,
    [who.studentId, who.courseId, crypto.randomUUID()],
  )
  await until(async () => (await quota.balance(who)).granted === 111)
  await quota.pool.query('UPDATE quota.api_keys SET revoked_at = now() WHERE id = $1', [who.keyId])
  await until(async () => {
    const answer = await quota.reserve(who, { inputTokens: 1000 })
    return !answer.granted && answer.reason === 'invalid_api_key'
  })
  t.pass()
  await repairing.stop()
})

function dayBefore(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)
}
