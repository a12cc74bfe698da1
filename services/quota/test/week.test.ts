import { manualClock } from '@lectern/shared/clock.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import { AuthenticateCall, OwnBalanceCall } from '@lectern/shared/contracts/quota.ts'
import t from 'tap'
import { startFixture, until } from './fixture.ts'

const SECOND_MS = 1000
const DAY_MS = 86_400_000
// In Berlin the clocks go back on Sunday, 25 October 2026: week 1 has 169 hours.
const STARTS_MS = Date.parse('2026-10-18T22:00:00Z')
const SECOND_WEEK_MS = Date.parse('2026-10-25T23:00:00Z')
const clock = manualClock(STARTS_MS - SECOND_MS)
const quota = await startFixture(t, { clock })
const { ask } = quota
const berlin = { timezone: 'Europe/Berlin', startsOn: '2026-10-19', weeks: 2, weeklyTokens: 1000 }

t.test('P1: a new week is a new account; what began in the old one is charged there', async t => {
  clock.set(STARTS_MS - SECOND_MS)
  const who = await quota.course(berlin)
  t.match(await quota.reserve(who), { granted: false, reason: 'course_closed', retryAfterMs: null })
  t.match(await ask(AuthenticateCall, { keyHash: who.keyHash }), { known: true, week: null })
  t.same(await ask(OwnBalanceCall, { keyHash: who.keyHash }), { known: false, reason: 'course_closed' })
  await t.rejects(ask(staff.StudentBalanceCall, { studentId: who.studentId, week: null }), {
    code: 'course_closed',
  })

  clock.set(STARTS_MS)
  t.match(await quota.reserve(who), { granted: true, week: 1, resetsAtMs: SECOND_WEEK_MS })
  clock.set(SECOND_WEEK_MS - 1)
  const reservationId = crypto.randomUUID()
  t.match(await quota.reserve(who, { reservationId, inputTokens: 800 }), { granted: true, week: 1 })

  clock.set(SECOND_WEEK_MS)
  t.match(await quota.reserve(who), { granted: true, week: 2, remaining: 900 })
  await quota.record(who, { id: reservationId, week: 1, charge: 801 })
  const first = () => ask(staff.StudentBalanceCall, { studentId: who.studentId, week: 1 })
  await until(async () => (await first()).used === 801)
  t.match(await quota.balance(who), { week: 2, granted: 1000, used: 0 })

  clock.set(SECOND_WEEK_MS + 7 * DAY_MS)
  t.match(await quota.reserve(who), { granted: false, reason: 'course_closed' })
})

t.test('P4: a hold that nobody ends is given back at its deadline, and has its entry', async t => {
  clock.set(STARTS_MS)
  const who = await quota.course(berlin)
  const reservationId = crypto.randomUUID()
  await quota.reserve(who, { reservationId, ttlMs: 60_000 })
  clock.advance(59_999)
  t.match(await quota.balance(who), { held: 100 })
  clock.advance(1)
  await until(async () => (await quota.balance(who)).held === 0)
  await until(async () => (await quota.entries(who)).length === 2)
  t.match(await quota.entries(who), [
    { kind: 'expire', tokens: 0, reservationId, model: 'm' },
    { kind: 'allowance' },
  ])

  await quota.record(who, { id: reservationId, charge: 30 })
  await until(async () => (await quota.entries(who)).length === 3)
  t.match(await quota.balance(who), { used: 30, held: 0, remaining: 970 }, 'what came late is still charged')
  clock.advance(60_000)
  await quota.record(who, { id: reservationId, charge: 30 })
  t.match(await quota.balance(who), { used: 30, held: 0 })
})
