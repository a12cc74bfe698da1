import t from 'tap'
import { BUCKET, NOW_MS, startBucket } from './bucket.ts'

const { redis, reserve, settle, expire, putKey, putCourse, sync, ready } = await startBucket(t)

/** A call of so many tokens, at so many seconds. */
const call = (reservation: string, tokens: number, second = 0) =>
  reserve({ reservation, input_tokens: tokens, max_output_tokens: 0, now_ms: NOW_MS + second * 1000 })
const release = (reservation: string, second = 0) =>
  settle({ reservation, end: 'release', charge_tokens: 0, now_ms: NOW_MS + second * 1000 })
const requests = (answer: string[]) => answer.at(-1)?.split(' ').slice(0, 3).join(' ')
const tokens = (answer: string[]) => answer.at(-1)?.split(' ').slice(3).join(' ')

t.test('P4: tokens per minute: a refused call costs nothing, the wait is exact', async t => {
  await ready(1e6)
  await putCourse({ version: 2, tokens_per_minute: 6000 })
  t.equal(tokens(await call('a', 4500)), '6000 1500 45000')
  const refused = await call('b', 2100)
  t.has(refused, ['denied', 'rate_limit_exceeded', '6000', '995500'])
  t.equal(tokens(refused), '6000 1500 45000')
  t.has(await call('b', 2100, 5), ['denied', 'rate_limit_exceeded', '1000'], 'the wait has not become longer')
  t.has(await call('b', 1500, 5), ['granted'], 'a smaller one fits')
  t.has(await call('c', 6000, 54), ['denied', 'rate_limit_exceeded', '6000'])
  t.has(await call('c', 6000, 60), ['granted'], 'all of it is there again')
})

t.test('P4: a request that was held and never made does not count', async t => {
  await ready(1e6)
  await putCourse({ version: 2, requests_per_minute: 2 })
  const giveUp = (reservation: string) =>
    settle({ reservation, end: 'release', student: '', week: '', charge_tokens: 0 })
  t.equal(requests(await call('a', 1)), '2 1 30000')
  await giveUp('a')
  t.same(await giveUp('a'), ['repeat'])
  t.equal(requests(await call('b', 1)), '2 1 30000', 'given back, once')
  await release('b')
  t.equal(requests(await call('c', 1)), '2 0 60000', 'one that a record tells of was made')
  await putCourse({ version: 3, requests_per_minute: 60 })
  await call('d', 1, 60)
  const before = requests(await call('probe', 1e7))
  await giveUp('c')
  t.equal(requests(await call('probe', 1e7)), before, 'counted by another limit, it stays')
})

t.test('P4: what a call did not use of its minute is given back, but not what has flowed off', async t => {
  await ready(1e6)
  await putCourse({ version: 2, tokens_per_minute: 6000 })
  const flow = async (second: number) => tokens(await call('probe', 1e7, second))?.split(' ')[1]
  await call('a', 6000)
  await settle({ reservation: 'a', charge_tokens: 1500 })
  t.equal(await flow(0), '4500')
  await call('b', 4500)
  await release('b', 1)
  t.equal(await flow(1), '4600', 'what a second has brought, and all of it')
  await call('c', 4600, 1)
  await settle({ reservation: 'c', charge_tokens: 9999, now_ms: NOW_MS + 2000 })
  t.equal(await flow(2), '100', 'more than held: nothing to give back')
  await call('d', 6000, 61)
  await release('d', 111)
  t.equal(await flow(111), '6000', 'and not more than a minute has')
  await reserve({
    reservation: 'e',
    input_tokens: 3000,
    max_output_tokens: 0,
    ttl_ms: 1000,
    now_ms: NOW_MS + 111_000,
  })
  await expire({ now_ms: NOW_MS + 112_000 })
  t.equal(await flow(112), '6000', 'also when it expires')
  await redis.del(`${BUCKET}:flow:s`)
  t.has(await call('f', 100, 112), ['granted'])
})

t.test(
  'P4: a call of more than a minute is let through when nothing is taken, and paid off afterwards',
  async t => {
    await ready(1e15)
    await putCourse({ version: 2, tokens_per_minute: 6000 })
    await call('small', 1)
    t.has(await call('large', 18_000), ['denied', 'rate_limit_exceeded', '10'])
    const large = await call('large', 18_000, 1)
    t.has(large, ['granted'])
    t.equal(tokens(large), '6000 0 180000')
    t.has(await call('next', 1, 1), ['denied', 'rate_limit_exceeded', '120010'])
    t.has(await call('next', 1, 122), ['granted'])
    const huge = await call('huge', 1e12, 3000)
    t.has(huge, ['granted'])
    t.has(
      await call('after', 6000, 3000),
      ['denied', 'rate_limit_exceeded', '3600000'],
      'an hour is the longest',
    )
  },
)

t.test('requests per minute are exact also where they do not divide a minute', async t => {
  await ready(1e6)
  await putCourse({ version: 2, requests_per_minute: 7 })
  for (let n = 1; n <= 7; n += 1) t.match(requests(await call(`r${n}`, 1)), `7 ${7 - n} `)
  t.has(await call('r8', 1), ['denied', 'rate_limit_exceeded', '8572'])
})

t.test('P4: all students of a course share its parallel requests, and every end frees one', async t => {
  const epoch = await ready(1e6)
  await reserve({ reservation: 'early' })
  await putCourse({ version: 2, course_parallel_requests: 3 })
  await putKey('owner', epoch)
  const other = { key_hash: 'f'.repeat(64) }
  await redis.hset(`${BUCKET}:key:${other.key_hash}`, {
    epoch,
    state: 'owner',
    student: 'other',
    course: 'c',
  })
  await sync({ epoch, student: 'other' })
  t.has(await reserve({ reservation: 'a' }), ['granted'])
  t.has(await reserve({ reservation: 'b', ...other, ttl_ms: 1000 }), ['granted'])
  t.has(
    await reserve({ reservation: 'x', ...other }),
    ['denied', 'too_many_parallel_requests', '1000', '900'],
    'those that ran before there was a limit count',
  )
  await settle({ reservation: 'a' })
  await settle({ reservation: 'a' })
  t.has(await reserve({ reservation: 'c', ...other }), ['granted'])
  t.has(await reserve({ reservation: 'd' }), ['denied', 'too_many_parallel_requests'])
  await expire({ now_ms: NOW_MS + 1000 })
  t.has(await reserve({ reservation: 'd' }), ['granted'])
  for (const reservation of ['early', 'd']) await release(reservation)
  await settle({ reservation: 'c', student: 'other' })
  t.equal(await redis.exists(`${BUCKET}:crowd:c`, `${BUCKET}:running:s`, `${BUCKET}:running:other`), 0)
})

t.test('another limit is in force at once, for what is already taken, too', async t => {
  await ready(1e6)
  await putCourse({ version: 2, requests_per_minute: 2, tokens_per_minute: 10 })
  await call('a', 50)
  await call('b', 0)
  t.has(await call('c', 1), ['denied', 'rate_limit_exceeded', '30000'])
  await putCourse({ version: 3, requests_per_minute: 20, tokens_per_minute: 10 })
  t.has(await call('c', 1), ['denied', 'rate_limit_exceeded', '246000'], '50 tokens at 10 a minute')
  await putCourse({ version: 4, requests_per_minute: 20, tokens_per_minute: 100 })
  const answer = await call('c', 1)
  t.has(answer, ['granted'])
  t.same([requests(answer), tokens(answer)], ['20 17 9000', '100 49 30600'])
  await release('a')
  t.equal(tokens(await call('d', 0)), '100 49 30600', 'what was counted by another limit is not given back')
  await release('c')
  t.equal(tokens(await call('e', 0)), '100 50 30000')
  await putCourse({ version: 5, requests_per_minute: 20 })
  t.equal(tokens(await call('f', 1000)), '- - -')
  await putCourse({ version: 6, requests_per_minute: 1, tokens_per_minute: 1 })
  t.match(
    await call('g', 1),
    ['denied', 'rate_limit_exceeded', '60000', /./, /./, /./, '1 0 60000 1 0 60000'],
    'a lower one makes nobody wait longer than a minute',
  )
})

t.test('the order in which a request is refused', async t => {
  await ready(100)
  const limit = {
    models: '\nother\n',
    requests_per_minute: 1,
    parallel_requests: 1,
    course_parallel_requests: 1,
    tokens_per_minute: 10,
  }
  await putCourse({ version: 2, ...limit, models: '' })
  await call('held', 50)
  let version = 3
  const refused = async (tokens: number, lifted: Partial<typeof limit> = {}) => {
    await putCourse({ version: version++, ...Object.assign(limit, lifted) })
    return (await call('x', tokens))[1]
  }
  t.equal(await refused(101), 'model_not_found')
  t.equal(await refused(101, { models: '' }), 'rate_limit_exceeded')
  t.equal(await refused(101, { requests_per_minute: 1000 }), 'too_many_parallel_requests')
  t.equal(await refused(101, { parallel_requests: 100 }), 'too_many_parallel_requests', 'of the course')
  t.equal(await refused(101, { course_parallel_requests: 100 }), 'insufficient_quota')
  t.equal(await refused(100), 'budget_in_use')
  t.equal(await refused(50), 'rate_limit_exceeded', 'of tokens')
  t.has(await call('x', 0), ['granted'])
})
