import t from 'tap'
import { BUCKET, startBucket } from './bucket.ts'

const bucket = await startBucket(t)
const { redis, reserve, settle, sync, putCourse, putOwnKeys, ready, account } = bucket

const KEYS = JSON.stringify([
  ['openai', 'v1.one'],
  ['other', 'v1.two'],
])
const ZERO = '0 0 0'

/** A course that lets its students pay themselves, with some tokens left. */
async function allowed(granted = 1000): Promise<string> {
  const epoch = await ready(granted)
  await putCourse({ version: 2, own_keys: 1 })
  await putOwnKeys({ keys: KEYS })
  return epoch
}

t.test(
  'P1: a student who pays holds nothing, is charged nothing, and is refused by no empty budget',
  async t => {
    const epoch = await allowed()
    const asked = { own_key_at: 'unknown openai other', max_output_tokens: 5000 }
    const own = await reserve({ ...asked, reservation: 'own' })
    t.same(own.slice(0, 12), [
      ...['granted', 's', 'c', '1', '0', '5000', '0', '1000'],
      ...[own[8], ZERO, 'openai v1.one', ''],
    ])
    t.same(await reserve({ ...asked, reservation: 'own' }), own, 'asked again, answered alike')
    t.same(await reserve({ reservation: 'own', max_output_tokens: 5000 }), ['conflict'], 'another question')
    t.has(await account(), { held: '0', settled: '0' })
    t.same(await settle({ reservation: 'own', charge_tokens: 0 }), ['ended', 'held', '0'])
    t.same(await settle({ reservation: 'own', charge_tokens: 0 }), ['repeat'])
    t.has(await account(), { held: '0', settled: '0' })

    const { rev = '' } = await account()
    await sync({ epoch, rev, granted: 0 })
    t.has(await reserve({ reservation: 'none left' }), ['denied', 'insufficient_quota'])
    t.has(await reserve({ ...asked, reservation: 'none left, own' }), ['granted', 's', 'c', '1', '0', '5000'])
    const { rev: next = '' } = await account()
    await sync({ epoch, rev: next, granted: 0, settled: 7 })
    t.has(await reserve({ ...asked, reservation: 'below zero' }), [
      'granted',
      's',
      'c',
      '1',
      '0',
      '5000',
      '0',
      '-7',
    ])
  },
)

t.test('all that is no question of budget is decided as ever', async t => {
  await allowed()
  const own = { own_key_at: 'openai' }
  await putCourse({ version: 3, own_keys: 1, models: '\na\n' })
  t.has(await reserve(own), ['denied', 'model_not_found'])
  await putCourse({ version: 4, own_keys: 1, calendar: '1-2:1' })
  t.has(await reserve(own), ['denied', 'course_closed'])
  await putCourse({ version: 5, own_keys: 1, parallel_requests: 1 })
  t.has(await reserve({ ...own, reservation: 'a' }), ['granted'])
  t.has(await reserve({ ...own, reservation: 'b' }), ['denied', 'too_many_parallel_requests'])
  await putCourse({ version: 6, own_keys: 1, requests_per_minute: 2, tokens_per_minute: 10 })
  t.has(await reserve({ ...own, reservation: 'c' }), ['granted'], 'tokens that cost the course nothing')
  // What went before may have flowed off by now, or not: two in a minute are the most either way.
  await reserve({ ...own, reservation: 'd' })
  t.has(await reserve({ ...own, reservation: 'e' }), ['denied', 'rate_limit_exceeded'])
})

t.test('P10: it is used only where there is one, the course lets it, and it was loaded', async t => {
  const epoch = await allowed()
  const paysCourse = ['granted', 's', 'c', '1', '100', '90', '0']
  t.has(await reserve({ reservation: 'elsewhere', own_key_at: 'third' }), paysCourse)
  t.has(await reserve({ reservation: 'not asked' }), paysCourse)
  await putCourse({ version: 3, own_keys: 0 })
  t.has(await reserve({ reservation: 'not allowed', own_key_at: 'openai' }), paysCourse)
  await putCourse({ version: 4, own_keys: 1 })
  await putOwnKeys({ version: 2, keys: JSON.stringify([['other', 'v1.two']]) })
  t.has(await reserve({ reservation: 'deleted', own_key_at: 'openai' }), paysCourse)
  t.equal((await reserve({ reservation: 'the other', own_key_at: 'openai other' }))[10], 'other v1.two')
  await redis.del(`${BUCKET}:own:s`)
  const before = await account()
  t.same(await reserve({ reservation: 'lost', own_key_at: 'other' }), [
    'need',
    'own_keys',
    epoch,
    'c',
    's',
    '',
  ])
  t.same(await account(), before)
})

t.test('a hold that an older release of the service made is answered as it was', async t => {
  await ready()
  const first = await reserve()
  await redis.hdel(`${BUCKET}:hold:r1`, 'own', 'cache')
  t.same(await reserve(), first)
})

t.test('what the course says of giving answers again comes along', async t => {
  await ready()
  await putCourse({ version: 2, answer_cache: 'free 60' })
  t.equal((await reserve())[11], 'free 60')
  await putCourse({ version: 3, answer_cache: '' })
  t.equal((await reserve({ reservation: 'r2' }))[11], '')
  t.equal((await reserve())[11], 'free 60', 'the same question, the same answer')
})
