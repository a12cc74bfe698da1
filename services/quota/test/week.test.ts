import { manualClock } from '@lectern/shared/clock.ts'
import * as budget from '@lectern/shared/contracts/budget.ts'
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
  await t.rejects(ask(budget.StudentBalanceCall, { studentId: who.studentId, week: null }), {
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
  const first = () => ask(budget.StudentBalanceCall, { studentId: who.studentId, week: 1 })
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

/** A term of four weeks with a break of two after the second, seen from an instant before it. */
const spring = {
  timezone: 'Europe/Berlin',
  startsOn: '2027-03-01',
  weeks: 4,
  weeklyTokens: 1000,
  breaks: [{ startsOn: '2027-03-15', weeks: 2 }],
}
const at = (day: string) => Temporal.PlainDate.from(day).toZonedDateTime('Europe/Berlin').epochMilliseconds

t.test('P1: a break is closed and is not counted', async t => {
  clock.set(at('2027-03-15') - 1)
  const who = await quota.course(spring)
  t.match(await quota.reserve(who), { granted: true, week: 2, resetsAtMs: at('2027-03-15') })
  clock.set(at('2027-03-15'))
  t.match(await quota.reserve(who), { granted: false, reason: 'course_closed', rateLimits: null })
  t.match(await ask(AuthenticateCall, { keyHash: who.keyHash }), { known: true, week: null })
  t.same(await ask(OwnBalanceCall, { keyHash: who.keyHash }), { known: false, reason: 'course_closed' })
  clock.set(at('2027-03-29'))
  t.match(await quota.reserve(who), { granted: true, week: 3, resetsAtMs: at('2027-04-05'), remaining: 900 })
  const balance = (week: number) => ask(budget.StudentBalanceCall, { studentId: who.studentId, week })
  t.match(await balance(4), { granted: 1000, resetsAtMs: at('2027-04-12') })
  for (const week of [5, 1000, 1002, 1999])
    await t.rejects(balance(week), {
      code: 'invalid_request',
      param: 'week',
      message: `week ${week} is none of this course, which has the weeks 1 to 4.`,
    })
})

t.test(
  'P1: outside the weeks, each stretch is an account of its own where there is an allowance',
  async t => {
    clock.set(at('2027-02-01'))
    const who = await quota.course({ ...spring, outsideTokens: 150 })
    const update = (patch: staff.CoursePatch) =>
      ask(staff.UpdateCourseCall, { courseId: who.courseId, patch, actor: 'dean' })
    for (const [day, week, endsOn, granted] of [
      ['2027-02-28', 1000, '2027-03-01', 150],
      ['2027-03-07', 1, '2027-03-08', 1000],
      ['2027-03-28', 1002, '2027-03-29', 150],
      ['2027-03-29', 3, '2027-04-05', 1000],
    ] as const) {
      clock.set(at(day))
      const expected = { week, resetsAtMs: at(endsOn) }
      t.match(await quota.reserve(who), { granted: true, ...expected, remaining: granted - 100 }, day)
      t.match(await quota.balance(who), { ...expected, granted, held: 100 })
      t.match(await ask(AuthenticateCall, { keyHash: who.keyHash }), { week })
    }
    clock.set(at('2027-04-12'))
    t.match(await quota.reserve(who), { granted: true, week: 1999, remaining: 50 })
    t.equal(new Date((await quota.balance(who)).resetsAtMs).toISOString(), '9999-12-31T00:00:00.000Z')

    await update({ outsideTokens: 250 })
    t.match(await quota.balance(who), { granted: 250 })
    await update({ outsideTokens: null })
    t.match(await quota.reserve(who), { reason: 'course_closed' })
    await update({ outsideTokens: 200 })
    t.match(
      await quota.balance(who),
      { granted: 200 },
      'corrected from what it had, not from what it was in between',
    )
    const balance = (week: number) => ask(budget.StudentBalanceCall, { studentId: who.studentId, week })
    t.match(await balance(1002), { granted: 150 })
    await t.rejects(balance(1001), { message: /the weeks 1 to 4, and outside them 1000, 1002, 1999\.$/ })
    await ask(budget.GrantCall, {
      ...{ grantId: crypto.randomUUID(), studentId: who.studentId, week: 1999 },
      ...{ tokens: 7, reason: 'thesis', actor: 'dean' },
    })
    t.match(await quota.balance(who), { granted: 207 })
    const corrections = (await quota.entries(who)).filter(({ reason }) => reason === 'allowance changed')
    t.match(corrections, [
      { week: 1999, tokens: -50 },
      { week: 1999, tokens: 100 },
    ])
  },
)

t.test('P1: unused tokens are carried on, as far as nothing is open there any more', async t => {
  clock.set(at('2027-03-08') - 1000)
  const who = await quota.course({ ...spring, carryOverTokens: 600 })
  const [settled, open] = [crypto.randomUUID(), crypto.randomUUID()]
  await quota.reserve(who, { reservationId: settled, inputTokens: 410 })
  await quota.reserve(who, { reservationId: open })
  await quota.record(who, { id: settled, charge: 450 })
  await until(async () => (await quota.entries(who)).length === 2)
  t.match(await quota.balance(who), { week: 1, granted: 1000, used: 450, held: 100 })

  const early = await ask(budget.StudentBalanceCall, { studentId: who.studentId, week: 2 })
  t.match(early, { granted: 1000 }, 'nothing is carried before the week is over')
  clock.set(at('2027-03-08'))
  await quota.redis.del(...(await quota.redis.keys(`*:account:${who.studentId}:2`)))
  t.match(await quota.reserve(who), { granted: true, week: 2, remaining: 1350 })
  await quota.record(who, { id: open, week: 1, charge: 30 })
  const first = () => ask(budget.StudentBalanceCall, { studentId: who.studentId, week: 1 })
  await until(async () => (await first()).used === 480)
  t.match(await first(), { granted: 1000, held: 0, remaining: 520 })
  t.match(await quota.balance(who), { granted: 1450, held: 100 }, 'what was freed later is not carried')
  const carried = (await quota.entries(who)).filter(({ kind }) => kind === 'carry')
  t.match(carried, [{ week: 2, tokens: 450, actor: null, reason: 'unused tokens of the week before' }])

  clock.set(at('2027-03-29'))
  t.match(await quota.balance(who), { week: 3, granted: 1600 }, 'over a break, up to the cap')
  const late = await quota.student(who.courseId)
  await quota.redis.flushall()
  t.match(
    await quota.balance(late),
    { granted: 1600 },
    'also where Redis knew nothing, of weeks that were never opened',
  )
  t.match(await quota.balance(who), { granted: 1600 })
})

t.test('P1: carry-over that is switched on reaches the running week at once', async t => {
  clock.set(at('2027-03-01'))
  const who = await quota.course(spring)
  await quota.balance(who)
  clock.set(at('2027-03-08'))
  t.match(await quota.balance(who), { week: 2, granted: 1000 })
  const update = (carryOverTokens: number) =>
    ask(staff.UpdateCourseCall, { courseId: who.courseId, patch: { carryOverTokens }, actor: 'dean' })
  await update(300)
  t.match(await quota.balance(who), { granted: 1300 })
  await update(500)
  t.match(await quota.balance(who), { granted: 1300 }, 'what was carried stays')
})
