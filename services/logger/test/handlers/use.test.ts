import { ListConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { QuestionsUseCall, WeeksUseCall, WeekUseCall } from '@lectern/shared/contracts/use.ts'
import t from 'tap'
import { addToSums } from '../../src/store/use-sums.ts'
import { age, recordOf, startLogger } from '../logger.ts'

const { publish, drained, pool, empty, asking } = await startLogger(t)
const [weekUse, weeksUse, questions] = [asking(WeekUseCall), asking(WeeksUseCall), asking(QuestionsUseCall)]
t.beforeEach(async () => {
  await empty('logs.records', 'logs.use_quarters', 'logs.use_students', 'logs.use_first_tokens')
  await pool.query(`UPDATE logs.use_progress SET stored_to = now() - interval '5 minutes'`)
})
const MONDAY_MS = Date.UTC(2026, 10, 2)
const HOUR_MS = 3_600_000
const store = async (records: ConversationRecord[]) => {
  await Promise.all(records.map(publish))
  await drained()
}
const inBerlin = { courseId: 'cs101', week: 3, timezone: 'Europe/Berlin' }
const withoutTime = async () => {
  const { countedToMs: _, ...week } = await weekUse(inBerlin)
  return week
}
const usage = (inputTokens: number, outputTokens: number, cachedTokens = 0) => ({
  usage: { inputTokens, outputTokens, cachedTokens, source: 'provider' as const },
})

t.test('a week: totals, days and hours of its zone, models, endings, students', async t => {
  await store([
    recordOf({
      startedAtMs: MONDAY_MS + 22.9 * HOUR_MS,
      firstTokenMs: 100,
      chargeTokens: 30,
      ...usage(20, 10, 5),
    }),
    // Midnight in Berlin has passed.
    recordOf({
      startedAtMs: MONDAY_MS + 23.1 * HOUR_MS,
      firstTokenMs: 1000,
      chargeTokens: 7,
      ...usage(4, 3),
    }),
    recordOf({
      startedAtMs: MONDAY_MS + 23.1 * HOUR_MS,
      studentId: 'bob',
      outcome: 'blocked',
      firstTokenMs: null,
      chargeTokens: 0,
      errorCode: 'blocked_by_rule',
      ...usage(0, 0),
    }),
    recordOf({
      startedAtMs: MONDAY_MS + 30 * HOUR_MS,
      model: 'large',
      outcome: 'upstream_cut',
      errorCode: 'provider_error',
      firstTokenMs: null,
      paidBy: 'student',
      chargeTokens: 0,
      ...usage(50, 50),
    }),
    recordOf({ startedAtMs: MONDAY_MS, week: 4 }),
    recordOf({ startedAtMs: MONDAY_MS, courseId: 'other' }),
  ])
  const seen = await withoutTime()
  t.match(seen, {
    ...{ week: 3, requests: 4, students: 2, blocked: 1, failed: 1 },
    ...{ inputTokens: 74, outputTokens: 63, cachedTokens: 5, chargeTokens: 37 },
    days: [
      { day: '2026-11-02', requests: 1, chargeTokens: 30 },
      { day: '2026-11-03', requests: 3, chargeTokens: 7 },
    ],
    hours: [
      { weekday: 1, hour: 23, requests: 1 },
      { weekday: 2, hour: 0, requests: 2 },
      { weekday: 2, hour: 7, requests: 1 },
    ],
    models: [
      { model: 'small', requests: 3, paid: { inputTokens: 24, outputTokens: 13, cachedTokens: 5 } },
      {
        model: 'large',
        requests: 1,
        inputTokens: 50,
        p50Ms: null,
        paid: { inputTokens: 0, outputTokens: 0 },
      },
    ],
    endings: [
      { outcome: 'completed', errorCode: null, requests: 2 },
      { outcome: 'blocked', errorCode: 'blocked_by_rule', requests: 1 },
      { outcome: 'upstream_cut', errorCode: 'provider_error', requests: 1 },
    ],
    topStudents: [
      { studentId: 'ada', requests: 3, chargeTokens: 37 },
      { studentId: 'bob', requests: 1, chargeTokens: 0 },
    ],
  })
  t.ok(Math.abs((seen.p50Ms ?? 0) / 100 - 1) < 0.06, 'within a twentieth')
  t.ok(Math.abs((seen.p95Ms ?? 0) / 1000 - 1) < 0.06)
  await age(pool)
  t.equal(await addToSums(pool), 6)
  t.same(await withoutTime(), seen, 'the sums say the same as the records')
  await pool.query('DELETE FROM logs.records')
  t.same(await withoutTime(), seen, 'and stay when the records go')
  t.match(await weeksUse({ courseId: 'cs101' }), {
    items: [
      { week: 3, requests: 4, students: 2, blocked: 1 },
      { week: 4, requests: 1, students: 1 },
    ],
  })
  await t.rejects(weekUse({ ...inBerlin, timezone: 'Mars/Base' }), {
    code: 'invalid_request',
    param: 'timezone',
  })
})

t.test('what staff try is in no sum, and is found in the lists', async t => {
  const trial = { studentId: `trial.${'0'.repeat(64)}`, model: 'tried', chargeTokens: 50 }
  await store([
    recordOf({ startedAtMs: MONDAY_MS, ...trial }),
    recordOf({ startedAtMs: MONDAY_MS + HOUR_MS }),
    recordOf({ startedAtMs: MONDAY_MS + HOUR_MS, ...trial, model: 'small' }),
  ])
  const list = asking(ListConversationsCall)
  const all = { courseId: 'cs101', limit: 50 }
  const check = async () => {
    const { requests, students, models, topStudents } = await weekUse(inBerlin)
    t.match(
      { requests, students, topStudents },
      { requests: 1, students: 1, topStudents: [{ studentId: 'ada' }] },
    )
    t.same(
      models.map(({ model }) => model),
      ['small'],
    )
    t.match(await weeksUse({ courseId: 'cs101' }), { items: [{ requests: 1, students: 1 }] })
    t.match(await questions({ courseId: 'cs101', week: 3, limit: 10 }), { items: [{ requests: 1 }] })
    t.equal((await list({ ...all, model: 'tried' })).items.length, 1)
    t.equal((await list({ ...all, week: 3 })).items.length, 3)
  }
  await check()
  await age(pool)
  t.equal(await addToSums(pool), 3, 'looked at, so that a portion is known to be full')
  await check()
})

t.test('every record is summed up once, by whichever replica, in whatever order and portion', async t => {
  const totals: number[] = []
  for (let round = 0; round < 4; round += 1) {
    // Some come late, for hours that are in the sums already.
    const records = Array.from({ length: 25 }, (_, index) =>
      recordOf({ startedAtMs: MONDAY_MS + ((index * 7) % 40) * HOUR_MS, studentId: `s${index % 6}` }),
    )
    await store(records)
    await Promise.all(records.slice(0, 5).map(publish))
    await drained()
    totals.push((await weekUse(inBerlin)).requests)
    if (round === 2) await age(pool)
    await Promise.all([addToSums(pool, 10), addToSums(pool, 10), addToSums(pool, 10)])
    totals.push((await weekUse(inBerlin)).requests)
  }
  t.same(totals, [25, 25, 50, 50, 75, 75, 100, 100])
  await age(pool)
  while ((await addToSums(pool, 10)) > 0);
  const { rows } = await pool.query('SELECT sum(requests)::integer AS requests FROM logs.use_quarters')
  t.same(rows, [{ requests: 100 }])
  t.match(await weekUse(inBerlin), { requests: 100, students: 6 })
})

t.test('what was stored a moment ago waits for what may be on its way before it', async t => {
  await store([recordOf()])
  t.equal(await addToSums(pool), 0)
  t.match(await weekUse(inBerlin), { requests: 1 })
})

t.test('while the sums are far behind, what they have is told, with how far it goes', async t => {
  await pool.query(`UPDATE logs.use_progress SET stored_to = '2020-01-01'`)
  await store([recordOf()])
  t.match(await weekUse(inBerlin), { requests: 0, countedToMs: Date.UTC(2020, 0, 1) })
})

t.test('top questions are counted whatever their case and spaces, with how many asked', async t => {
  const ask = (question: string, studentId = 'ada') =>
    recordOf({ studentId, messages: [{ role: 'user', content: question }] })
  await store([
    ask('What is a Monad?'),
    ask('what  is a monad?', 'bob'),
    ask('什么是单子？'),
    ask('什么是单子？'),
    ask('什么是单子？'),
    ask(''),
  ])
  for (const isSummed of [false, true]) {
    t.match(await questions({ courseId: 'cs101', week: 3, limit: 5 }), {
      items: [
        { question: '什么是单子？', requests: 3, students: 1 },
        { question: /what is a monad/i, requests: 2, students: 2 },
      ],
      read: 5,
    })
    if (isSummed) break
    await age(pool)
    await addToSums(pool)
  }
  t.same(await questions({ courseId: 'cs101', week: 9, limit: 5 }), { items: [], read: 0 })
})
