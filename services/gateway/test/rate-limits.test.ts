import t from 'tap'
import { durationText } from '../src/rate-limit-headers.ts'
import { startCampus } from './campus.ts'
import { postChat } from './http.ts'

const campus = await startCampus(t)
const { staff } = campus

async function limitsOf(more: object = {}) {
  const response = await postChat(campus, 'hi', more)
  await response.text()
  const limits = [...response.headers].filter(([name]) => name.startsWith('x-ratelimit-'))
  return { response, limits: Object.fromEntries(limits) }
}

t.test('P4: the limits of a student in OpenAI’s headers, streamed or not', async t => {
  for (const stream of [true, false]) {
    t.same((await limitsOf({ stream })).limits, {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
    })
  }
  staff.rateLimits = {
    ...staff.rateLimits,
    tokensPerMinute: 9000,
    tokensRemaining: 8500,
    tokensResetMs: 3334,
  }
  t.match((await limitsOf()).limits, {
    'x-ratelimit-limit-tokens': '9000',
    'x-ratelimit-remaining-tokens': '8500',
    'x-ratelimit-reset-tokens': '3.334s',
  })
})

t.test('P4: a refusal has them too, beside when to come back', async t => {
  const rateLimits = { ...staff.rateLimits, requestsRemaining: 0, requestsResetMs: 60_000 }
  staff.deny = {
    granted: false,
    reason: 'rate_limit_exceeded',
    retryAfterMs: 950,
    remaining: 1000,
    resetsAtMs: null,
    rateLimits,
  }
  const { response, limits } = await limitsOf()
  t.equal(response.status, 429)
  t.equal(response.headers.get('retry-after'), '1')
  t.equal(response.headers.get('retry-after-ms'), '950')
  t.match(limits, { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1m0s' })
  staff.deny = { ...staff.deny, reason: 'course_closed', rateLimits: null }
  t.same((await limitsOf()).limits, {}, 'nobody’s limits')
  staff.deny = null
})

t.test('durations as OpenAI writes them', async t => {
  const written = {
    0: '0s',
    20: '20ms',
    1000: '1s',
    8640: '8.64s',
    360000: '6m0s',
    90500: '1m30.5s',
    3600000: '1h0m0s',
  }
  for (const [ms, text] of Object.entries(written)) t.equal(durationText(Number(ms)), text)
  t.equal(durationText(-5), '0s')
  t.equal(durationText(0.2), '1ms')
})
