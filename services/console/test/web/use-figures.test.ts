import t from 'tap'
import type { Use } from '../../web/src/api/types.ts'
import { weeksOf } from '../../web/src/app/calendar.ts'
import {
  changeOf,
  csvAddress,
  daysOf,
  heatOf,
  trendOf,
  weekdayName,
  withCounters,
} from '../../web/src/pages/use/figures.ts'

const sums = (week: number, requests: number) =>
  ({ week, requests, chargeTokens: requests * 10 }) as Use['weeks'][number]
const weeks = [sums(1, 40), sums(2, 0), sums(3, 60), sums(1010, 5)]

t.test('a figure stands beside the one of the week before', async t => {
  t.same(changeOf({ week: 2, weeks }, 'requests', true), { before: 40, share: -1 })
  t.same(
    changeOf({ week: 3, weeks }, 'requests', true),
    { before: 0, share: null },
    'nothing to compare with',
  )
  t.same(changeOf({ week: 2, weeks }, 'chargeTokens', false), { before: 400, share: null }, 'not over')
  t.equal(changeOf({ week: 1, weeks }, 'requests', true), null)
  t.equal(changeOf({ week: 1010, weeks }, 'requests', true), null)
})

t.test('the trend has each week that has begun, the quiet ones too', async t => {
  const calendar = weeksOf({
    startsOn: '2026-10-12',
    weeks: 12,
    breaks: [{ startsOn: '2026-12-21', weeks: 2 }],
  })
  const numbers = (today: string, all = weeks) =>
    trendOf(all, calendar, today, 'requests').map(({ week, value }) => [week, value])
  t.same(numbers('2026-11-08', weeks.slice(0, 3)), [
    [1, 40],
    [2, 0],
    [3, 60],
    [4, 0],
  ])
  t.same(numbers('2026-12-29').slice(-2), [
    [10, 0],
    [1010, 5],
  ])
  t.same(numbers('2026-01-01', [sums(1000, 2)]), [[1000, 2]], 'before the course')
  t.equal(numbers('2027-12-29', [...weeks, sums(1999, 1)]).at(-1)?.[0], 1999)
})

t.test('each day of a week until today, the quiet ones too', async t => {
  const calendar = weeksOf({ startsOn: '2026-10-12', weeks: 2, breaks: [] })
  const day = (at: string, requests: number) => ({ day: at, requests, chargeTokens: 10 * requests })
  const use = { week: 2, days: [day('2026-10-20', 3)] as Use['days'] }
  t.same(daysOf(use, calendar, '2026-10-21'), [
    day('2026-10-19', 0),
    day('2026-10-20', 3),
    day('2026-10-21', 0),
  ])
  t.equal(daysOf(use, calendar, '2027-01-01').length, 7)
  t.same(daysOf({ ...use, week: 1999 }, calendar, '2027-01-01'), [day('2026-10-20', 3)], 'after the course')
})

t.test('the hours of a week and the busiest of them', async t => {
  const { at, most } = heatOf([{ weekday: 1, hour: 0, requests: 3, chargeTokens: 9 }], 'requests')
  t.same([at(1, 0), at(7, 23), most], [3, 0, 3])
  t.equal(heatOf([], 'requests').most, 0)
  t.same([weekdayName(1, 'en'), weekdayName(7, 'en')], ['Mon', 'Sun'])
})

t.test('new sums of the running week are seen in it and among all weeks', async t => {
  const use = { week: 3, requests: 60, weeks } as Use
  const newer = withCounters(use, sums(3, 61))
  t.equal(newer.requests, 61)
  t.same(
    newer.weeks.map(({ requests }) => requests),
    [40, 0, 61, 5],
  )
  t.equal(withCounters(use, sums(4, 1)).requests, 60, 'another week is shown')
  t.equal(csvAddress('ml-26', 'hours', 3), '/api/courses/ml-26/use/hours.csv?week=3')
})
