import t from 'tap'
import { checkSettings } from '../src/settings.ts'

const SETTINGS = {
  name: 'x',
  timezone: 'Europe/Berlin',
  startsOn: '2026-11-02',
  weeks: 15,
  weeklyTokens: 1000,
  defaultMaxTokens: 100,
  models: ['m'],
  requestsPerMinute: 60,
  parallelRequests: 8,
}
const check = (more: object) => () => checkSettings({ ...SETTINGS, ...more })
const resting = (...days: string[]) => check({ breaks: days.map(startsOn => ({ startsOn, weeks: 2 })) })
const weighing = (model: string, cachedInput = 1) =>
  check({ modelWeights: { [model]: { input: 1, cachedInput, output: 1 } } })

t.test('what a course may be', async t => {
  for (const timezone of ['UTC', 'Etc/GMT+5', 'Asia/Kathmandu', 'Africa/Casablanca', 'Asia/Calcutta'])
    t.doesNotThrow(check({ timezone }), timezone)
  t.doesNotThrow(check({ timezone: 'Asia/Tokyo', startsOn: '1971-01-01' }))
  t.doesNotThrow(check({ startsOn: '2028-02-29' }))
  t.doesNotThrow(resting('2026-12-21', '2026-11-23'), 'in any order')
  t.doesNotThrow(weighing('a model that nobody offers yet'))
})

t.test('a refusal names the field, and says what is wrong with it', async t => {
  const yearsOnly = 'startsOn must be in the years 1971 to 2199.'
  for (const [run, param, message] of [
    [check({ startsOn: '2026-02-30' }), 'startsOn', 'startsOn is not a date.'],
    [check({ startsOn: '0026-11-02' }), 'startsOn', yearsOnly],
    [check({ startsOn: '2206-11-02' }), 'startsOn', yearsOnly],
    [check({ timezone: 'Mars/Olympus' }), 'timezone', 'timezone is not an IANA time zone.'],
    [check({ timezone: '+05:30' }), 'timezone', 'timezone is not an IANA time zone.'],
    [check({ timezone: '2026-01-01T00:00Z' }), 'timezone', 'timezone is not an IANA time zone.'],
    [check({ timezone: '2026-01-01T00:00+09:00[Asia/Tokyo]' }), 'timezone', /IANA/],
    [resting('2026-11-23', '2026-12-32'), 'breaks[1].startsOn', 'breaks[1].startsOn is not a date.'],
    [resting('2026-12-22'), 'breaks', /the break of 2026-12-22 does not begin where a later week would/],
    [resting('2026-12-21', '2026-12-28'), 'breaks', /the break of 2026-12-28/],
    [resting('2026-11-02'), 'breaks', /the break of 2026-11-02/],
    [check({ models: ['m', 'a\nb'] }), 'models[1]', /control characters/],
    [weighing('a\tb'), 'modelWeights', /control characters/],
    [weighing(''), 'modelWeights', /1 to 200 characters/],
    [weighing('m'.repeat(201)), 'modelWeights', /1 to 200 characters/],
    [weighing('m', 2), 'modelWeights.m.cachedInput', /must not be more than input/],
  ] as const)
    t.throws(run, { code: 'invalid_request', param, message })
})
