import t from 'tap'
import { weekAt, weekBoundariesMs } from '../src/week.ts'

const HOUR_MS = 3_600_000
const hours = (boundaries: number[]) =>
  boundaries.slice(1).map((end, index) => (end - (boundaries[index] ?? 0)) / HOUR_MS)
const at = (iso: string) => Temporal.Instant.from(iso).epochMilliseconds

t.test('weeks are counted in the time zone of the course', async t => {
  const boundaries = weekBoundariesMs({ timezone: 'Asia/Shanghai', startsOn: '2026-09-07', weeks: 16 })
  t.equal(boundaries.length, 17)
  t.equal(weekAt(boundaries, at('2026-09-06T15:59:59.999Z')), null)
  t.equal(weekAt(boundaries, at('2026-09-06T16:00:00Z')), 1)
  t.equal(weekAt(boundaries, at('2026-09-13T15:59:59.999Z')), 1)
  t.equal(weekAt(boundaries, at('2026-09-13T16:00:00Z')), 2)
  t.equal(weekAt(boundaries, at('2026-12-27T15:59:59.999Z')), 16)
  t.equal(weekAt(boundaries, at('2026-12-27T16:00:00Z')), null)
})

t.test('a week in which the clocks change has 167 or 169 hours', async t => {
  const spring = weekBoundariesMs({ timezone: 'Europe/Berlin', startsOn: '2027-03-22', weeks: 2 })
  t.same(hours(spring), [167, 168])
  const autumn = weekBoundariesMs({ timezone: 'America/New_York', startsOn: '2026-10-26', weeks: 2 })
  t.same(hours(autumn), [169, 168])
})

t.test('odd offsets, year ends and leap days', async t => {
  const kathmandu = weekBoundariesMs({ timezone: 'Asia/Kathmandu', startsOn: '2027-12-28', weeks: 10 })
  t.equal(kathmandu[0], at('2027-12-27T18:15:00Z'))
  t.equal(kathmandu[9], at('2028-02-28T18:15:00Z'))
  t.equal(kathmandu[10], at('2028-03-06T18:15:00Z'))
})

t.test('what is no calendar is refused', async t => {
  t.throws(() => weekBoundariesMs({ timezone: 'Mars/Olympus', startsOn: '2026-01-05', weeks: 1 }), RangeError)
  t.throws(() => weekBoundariesMs({ timezone: 'UTC', startsOn: '2026-02-30', weeks: 1 }), RangeError)
})
