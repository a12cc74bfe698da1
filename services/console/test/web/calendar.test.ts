import { isOutside, stretchAt, stretchesOf } from '@lectern/shared/week.ts'
import fc from 'fast-check'
import t from 'tap'
import {
  addDays,
  dayIn,
  instantIn,
  midnightIn,
  placeOf,
  shiftBreaks,
  toggleBreak,
  weekNumber,
  weeksOf,
} from '../../web/src/app/calendar.ts'

const CALENDAR = { startsOn: '2026-10-12', weeks: 12, breaks: [{ startsOn: '2026-12-21', weeks: 2 }] }

t.test('a break is drawn between weeks and not counted', async t => {
  const weeks = weeksOf(CALENDAR)
  t.equal(weeks.length, 14)
  t.same(weeks[0], { number: 1, week: 1, startsOn: '2026-10-12', endsOn: '2026-10-18' })
  t.same(
    weeks.slice(9).map(({ number }) => number),
    [10, null, null, 11, 12],
  )
  t.same(weeksOf({ ...CALENDAR, startsOn: '' }), [])
})

t.test('today is that of the course, not of the browser', async t => {
  const night = Date.parse('2026-11-01T23:30:00Z')
  t.equal(dayIn('Europe/London', night), '2026-11-01')
  t.equal(dayIn('Asia/Shanghai', night), '2026-11-02')
})

t.test('weeks are chosen as breaks and given back, and neighbours are one break', async t => {
  const more = toggleBreak(CALENDAR, '2026-12-14')
  t.same(more, [{ startsOn: '2026-12-14', weeks: 3 }])
  const split = toggleBreak({ ...CALENDAR, breaks: more }, '2026-12-21')
  t.same(split, [
    { startsOn: '2026-12-14', weeks: 1 },
    { startsOn: '2026-12-28', weeks: 1 },
  ])
  t.same(toggleBreak(CALENDAR, CALENDAR.startsOn), CALENDAR.breaks, 'the first week is a week')
  t.same(shiftBreaks(CALENDAR.breaks, '2026-10-12', '2026-10-19'), [{ startsOn: '2026-12-28', weeks: 2 }])
})

t.test(
  'any calendar that can be clicked together is one that the quota service takes, with the same weeks',
  async t => {
    const clicks = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 })
    const zones = fc.constantFrom('Europe/Berlin', 'Asia/Shanghai', 'America/New_York')
    fc.assert(
      fc.property(
        clicks,
        zones,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: -20, max: 400 }),
        (chosen, timezone, weeks, day) => {
          let calendar = {
            startsOn: '2026-03-02',
            weeks,
            breaks: [] as { startsOn: string; weeks: number }[],
          }
          for (const index of chosen) {
            const week = weeksOf(calendar)[index]
            if (week) calendar = { ...calendar, breaks: [...toggleBreak(calendar, week.startsOn)] }
          }
          const shown = weeksOf(calendar)
          const date = addDays(calendar.startsOn, day)
          const noonMs = Temporal.PlainDateTime.from(`${date}T12:00`).toZonedDateTime(
            timezone,
          ).epochMilliseconds
          const real = stretchAt(stretchesOf({ ...calendar, timezone }), noonMs)
          const place = placeOf(shown, dayIn(timezone, noonMs))
          t.ok(isOutside(real?.week ?? 0) === (place.at !== 'week'))
          return weekNumber(shown, place) === real?.week
        },
      ),
      { numRuns: 300 },
    )
  },
)

/** Clocks that change at 1, at 2 and at midnight, by an hour and by half an hour, and that do not change. */
const ZONES = [
  ...['Europe/London', 'Europe/Berlin', 'Africa/Cairo', 'America/Havana', 'America/Santiago'],
  ...['Australia/Lord_Howe', 'Asia/Kathmandu', 'Asia/Shanghai', 'UTC'],
]

t.test('every day of two years begins when the calendar of its zone says so', async t => {
  for (const timezone of ZONES) {
    const wrong: string[] = []
    for (let day = Temporal.PlainDate.from('2026-01-01'); day.year < 2028; day = day.add({ days: 1 })) {
      const { epochMilliseconds } = day.toZonedDateTime(timezone)
      if (Date.parse(midnightIn(timezone, `${day}`)) !== epochMilliseconds) wrong.push(`${day}`)
    }
    t.same(wrong, [], timezone)
  }
})

t.test('a time that is written is that of the zone, also where the clocks change', async t => {
  for (const timezone of ZONES) {
    const wrong: string[] = []
    for (const month of [3, 4, 9, 10, 11]) {
      let local = Temporal.PlainDateTime.from({ year: 2026, month, day: 1 })
      for (; local.month === month; local = local.add({ minutes: 30 })) {
        const { epochMilliseconds } = local.toZonedDateTime(timezone)
        const text = local.toString({ smallestUnit: 'minute' })
        if (Date.parse(instantIn(timezone, text)) !== epochMilliseconds) wrong.push(text)
      }
    }
    t.same(wrong, [], timezone)
  }
})
