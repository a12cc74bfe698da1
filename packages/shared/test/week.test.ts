import t from 'tap'
import { AFTER, BEFORE, type Calendar, stretchAt, stretchesOf } from '../src/week.ts'

const HOUR_MS = 3_600_000
const at = (iso: string) => Temporal.Instant.from(iso).epochMilliseconds
const calendar = (timezone: string, startsOn: string, weeks: number, breaks: Calendar['breaks'] = []) =>
  stretchesOf({ timezone, startsOn, weeks, breaks })
/** Without what is before and after. */
const term = (stretches: ReturnType<typeof stretchesOf>) => stretches.slice(1, -1)
const hours = (stretches: ReturnType<typeof stretchesOf>) =>
  term(stretches).map(({ startsAtMs, endsAtMs }) => (endsAtMs - startsAtMs) / HOUR_MS)
const begins = (stretches: ReturnType<typeof stretchesOf>) =>
  stretches.map(({ startsAtMs }) => new Date(startsAtMs).toISOString().slice(0, 16))

t.test('weeks are counted in the time zone of the course, without a gap', async t => {
  const weeks = calendar('Asia/Shanghai', '2026-09-07', 16)
  t.equal(weeks.length, 18)
  const weekAt = (iso: string) => stretchAt(weeks, at(iso))?.week
  t.equal(weekAt('2026-09-06T15:59:59.999Z'), BEFORE)
  t.equal(weekAt('2026-09-06T16:00:00Z'), 1)
  t.equal(weekAt('2026-09-13T15:59:59.999Z'), 1)
  t.equal(weekAt('2026-09-13T16:00:00Z'), 2)
  t.equal(weekAt('2026-12-27T15:59:59.999Z'), 16)
  t.equal(weekAt('2026-12-27T16:00:00Z'), AFTER)
  t.equal(weekAt('2999-01-01T00:00:00Z'), AFTER)
  t.equal(stretchAt(term(weeks), at('2027-01-01T00:00:00Z')), null, 'a list without that time')
  t.ok(weeks.slice(1).every(({ startsAtMs }, index) => startsAtMs === weeks[index]?.endsAtMs))
})

t.test('a week in which the clocks change has 167 or 169 hours, or half an hour more', async t => {
  t.same(hours(calendar('Europe/Berlin', '2027-03-22', 2)), [167, 168])
  t.same(hours(calendar('America/New_York', '2026-10-26', 2)), [169, 168])
  t.same(hours(calendar('Australia/Lord_Howe', '2026-03-30', 2)), [168.5, 168])
  t.same(hours(calendar('Australia/Lord_Howe', '2026-09-28', 2)), [167.5, 168])
})

t.test('odd offsets, year ends and leap days', async t => {
  const kathmandu = begins(calendar('Asia/Kathmandu', '2027-12-28', 10))
  t.equal(kathmandu[1], '2027-12-27T18:15')
  t.equal(kathmandu[10], '2028-02-28T18:15')
  t.equal(kathmandu[11], '2028-03-06T18:15')
  t.same(hours(calendar('UTC', '2027-12-28', 10)), Array(10).fill(168))
})

t.test('a day that a place skipped: Apia had no 30 December 2011', async t => {
  const across = calendar('Pacific/Apia', '2011-12-26', 2)
  t.same(hours(across), [144, 168], 'seven days on the calendar, six in the sky')
  const skipped = calendar('Pacific/Apia', '2011-12-23', 2)
  t.same(begins(skipped), [
    '1970-01-01T00:00',
    '2011-12-23T10:00',
    // Midnight of the 30th never was: the week begins with the 31st.
    '2011-12-30T10:00',
    '2012-01-05T10:00',
  ])
})

t.test('a break is not counted; the week after it has the next number', async t => {
  const breaks = [
    { startsOn: '2027-01-18', weeks: 1 },
    { startsOn: '2026-12-21', weeks: 2 },
  ]
  const weeks = calendar('Europe/Berlin', '2026-12-14', 4, breaks)
  t.same(
    weeks.map(({ week }) => week),
    [BEFORE, 1, 1001, 2, 3, 1005, 4, AFTER],
  )
  t.same(begins(weeks).slice(1), [
    '2026-12-13T23:00',
    '2026-12-20T23:00',
    '2027-01-03T23:00',
    '2027-01-10T23:00',
    '2027-01-17T23:00',
    '2027-01-24T23:00',
    '2027-01-31T23:00',
  ])
  t.equal(stretchAt(weeks, at('2027-01-03T22:59:59.999Z'))?.week, 1001)
  t.equal(stretchAt(weeks, at('2027-01-03T23:00:00Z'))?.week, 2)
  const twice = calendar('UTC', '2026-12-14', 2, [
    { startsOn: '2026-12-21', weeks: 1 },
    { startsOn: '2026-12-28', weeks: 1 },
  ])
  t.same(
    twice.map(({ week }) => week),
    [BEFORE, 1, 1001, 1002, 2, AFTER],
    'one break right after another',
  )
  const spring = calendar('Europe/Berlin', '2027-03-15', 2, [{ startsOn: '2027-03-22', weeks: 1 }])
  t.same(hours(spring), [168, 167, 168], 'the clocks may change in a break')
})

t.test('a break keeps its number when another one comes before it', async t => {
  const christmas = { startsOn: '2026-12-21', weeks: 2 }
  const breakAt = (breaks: Calendar['breaks']) =>
    stretchAt(calendar('UTC', '2026-10-05', 12, breaks), at('2026-12-25T00:00:00Z'))?.week
  t.equal(breakAt([christmas]), 1011)
  t.equal(breakAt([christmas, { startsOn: '2026-11-02', weeks: 1 }]), 1011)
  const late = calendar('UTC', '2026-01-05', 2, [
    { startsOn: '2026-01-12', weeks: 994 },
    { startsOn: Temporal.PlainDate.from('2026-01-12').add({ weeks: 994 }).toString(), weeks: 2 },
  ])
  t.same(
    late.map(({ week }) => week),
    [BEFORE, 1, 1001, 1995, 2, AFTER],
  )
  t.throws(() => calendar('UTC', '2026-01-05', 2, [{ startsOn: '2026-01-12', weeks: 997 }]), RangeError)
})

t.test('what is no calendar is refused', async t => {
  t.throws(() => calendar('Mars/Olympus', '2026-01-05', 1), RangeError)
  t.throws(() => calendar('UTC', '2026-02-30', 1), RangeError)
  const resting = (startsOn: string, weeks = 1) =>
    calendar('UTC', '2026-01-05', 4, [
      { startsOn: '2026-01-12', weeks: 1 },
      { startsOn, weeks },
    ])
  for (const [startsOn, why] of [
    ['2026-01-20', 'not where a week begins'],
    ['2026-01-05', 'before the first week'],
    ['2026-02-09', 'after the last week'],
    ['2026-01-12', 'twice'],
    ['2026-02-30', 'no date'],
    ['2025-12-29', 'before the term'],
  ] as const)
    t.throws(() => resting(startsOn), RangeError, why)
  t.equal(resting('2026-02-02').length, 8, 'before the last week')
})
