import t from 'tap'
import * as scripts from '../../src/store/scripts.ts'
import { BUCKET, NOW_MS, PAST_MS, startBucket, WEEK_MS } from './bucket.ts'

const { redis, reserve, settle, sync, open, putKey, putCourse, ready, account, met } = await startBucket(t)

t.test('P1 P11: reserve says what is missing, and never takes it for a full budget', async t => {
  await redis.flushall()
  t.has(await reserve(), ['need', 'epoch'])
  const [, epoch = ''] = await open()
  t.has(await reserve(), ['need', 'key', epoch])
  await putKey('owner')
  t.has(await reserve(), ['need', 'course', epoch, 'c'])
  await putCourse()
  t.has(await reserve(), ['need', 'account', epoch, 'c', 's', '1'])
  await sync({ epoch })
  const told = ['1000 1000 1000', '', '', '100000 99999 1 - - -']
  t.same(await reserve(), [
    'granted',
    's',
    'c',
    '1',
    '100',
    '90',
    '0',
    '900',
    String(NOW_MS + WEEK_MS),
    ...told,
  ])
  t.has(await account(), { granted: '1000', settled: '0', held: '100' })
  await redis.set(`${BUCKET}:epoch`, `${'0'.repeat(40)}:1`)
  t.has(await reserve({ reservation: 'r2' }), ['need', 'epoch'], 'a restored file is not believed')

  const [, later = ''] = await open()
  t.has(await reserve({ reservation: 'r2' }), ['need', 'key', later], 'nor is any copy of an older epoch')
  await putKey('owner')
  t.has(await reserve({ reservation: 'r2' }), ['need', 'course', later])
  await putCourse()
  t.has(await reserve({ reservation: 'r2' }), ['need', 'account', later])
  const { rev = '' } = await account()
  await sync({ epoch: later, rev })
  t.has(await reserve({ reservation: 'r2' }), ['granted'])
})

t.test('P2: the same reservation gets the same answer, another question is a conflict', async t => {
  await ready()
  const first = await reserve()
  t.same(await reserve(), first)
  await settle()
  t.same(await reserve(), first, 'also after its end')
  t.same(await reserve({ input_tokens: 11 }), ['conflict'])
  t.same(await reserve({ model: 'other' }), ['conflict'])
  t.has(await account(), { settled: '42', held: '0' })
})

t.test('P4: each refusal has its reason, costs nothing, and stands in the documented order', async t => {
  const epoch = await ready(1000)
  const before = await account()

  await putCourse({ version: 2, models: '\na\n\nb\n' })
  t.has(await reserve(), ['denied', 'model_not_found', '', '1000', '0', String(NOW_MS + WEEK_MS)])
  t.has(await reserve({ model: 'a\n\nb' }), ['denied', 'model_not_found'], 'a part of the list is no name')
  t.has(await reserve({ model: 'b', reservation: 'b' }), ['granted'])
  await settle({ reservation: 'b', end: 'release', charge_tokens: 0 })
  await redis.del(`${BUCKET}:rate:s`)

  await putCourse({ version: 3, requests_per_minute: 2 })
  t.has(await reserve({ reservation: 'one' }), ['granted'])
  t.has(await reserve({ reservation: 'two' }), ['granted'])
  t.has(await reserve({ reservation: 'three' }), ['denied', 'rate_limit_exceeded', '30000'])
  t.has(
    await reserve({ reservation: 'three', now_ms: NOW_MS + 29_000 }),
    ['denied', 'rate_limit_exceeded', '1000'],
    'a refused call does not lengthen the wait',
  )
  t.has(await reserve({ reservation: 'three', now_ms: NOW_MS + 30_000 }), ['granted'])
  await redis.del(`${BUCKET}:rate:s`)

  await putCourse({ version: 4, parallel_requests: 3 })
  t.has(await reserve({ reservation: 'four' }), ['denied', 'too_many_parallel_requests', '1000', '700'])
  for (const reservation of ['one', 'two', 'three'])
    await settle({ reservation, end: 'release', charge_tokens: 0 })
  t.has(await reserve({ reservation: 'four' }), ['granted'])
  await settle({ reservation: 'four', end: 'release', charge_tokens: 0 })

  await putCourse({ version: 5 })
  t.has(await reserve({ reservation: 'x', input_tokens: 1000 }), ['denied', 'insufficient_quota', '', '1000'])
  t.has(await reserve({ reservation: 'five', input_tokens: 500, max_output_tokens: 400 }), ['granted'])
  t.has(await reserve({ reservation: 'x', input_tokens: 500 }), ['denied', 'budget_in_use', '1000', '100'])
  t.has(await reserve({ reservation: 'x', input_tokens: 985 }), [
    'denied',
    'insufficient_quota',
    '',
    '100',
    '900',
  ])
  await settle({ reservation: 'five', end: 'release', charge_tokens: 0 })

  t.has(await reserve({ reservation: 'x', now_ms: NOW_MS - 1 }), ['denied', 'course_closed'])
  t.has(await reserve({ reservation: 'x', now_ms: NOW_MS + 2 * WEEK_MS }), ['denied', 'course_closed'])
  await putKey('revoked', epoch)
  t.same(await reserve({ reservation: 'x' }), ['denied', 'invalid_api_key', '', '', '', '', ''])
  t.same(await account(), before, 'refusals and releases left the account as it was')
})

t.test('P1: the cap is lowered to what is left, not below what is useful', async t => {
  await ready(100)
  t.has(
    await reserve({ reservation: 'd', max_output_tokens: -1, input_tokens: 0 }),
    ['granted', 's', 'c', '1', '100', '100', '0', '0'],
    "the course's default",
  )
  await settle({ reservation: 'd', end: 'release', charge_tokens: 0 })
  t.has(await reserve({ reservation: 'a', input_tokens: 50 }), [
    'granted',
    's',
    'c',
    '1',
    '100',
    '50',
    '1',
    '0',
  ])
  await settle({ reservation: 'a', charge_tokens: 70 })
  t.has(
    await reserve({ reservation: 'b', input_tokens: 15 }),
    ['denied', 'insufficient_quota'],
    '15 tokens of output help nobody',
  )
  t.has(
    await reserve({ reservation: 'c', input_tokens: 15, max_output_tokens: 15 }),
    ['granted', 's', 'c', '1', '30', '15', '0', '0'],
    'unless no more was asked for',
  )
  await settle({ reservation: 'c', end: 'release', charge_tokens: 0 })
  t.has(await reserve({ reservation: 'n', input_tokens: 3, choices: 2, max_output_tokens: 13 }), [
    'granted',
    's',
    'c',
    '1',
    '29',
    '13',
    '0',
    '1',
  ])
  await settle({ reservation: 'n', end: 'release', charge_tokens: 0 })
  t.has(await reserve({ reservation: 'z', input_tokens: 30, max_output_tokens: 0 }), [
    'granted',
    's',
    'c',
    '1',
    '30',
    '0',
  ])
})

t.test('P1: what asks for no output (embeddings) holds the prompt alone, to the last token', async t => {
  const epoch = await ready(50)
  t.ok(epoch)
  const asked = { reservation: 'e1', input_tokens: 51, max_output_tokens: 0 }
  t.has(await reserve({ ...asked, least_output_tokens: 16 }), ['denied'])
  const granted = await reserve({ ...asked, reservation: 'e2', input_tokens: 50 })
  t.same([granted[0], ...granted.slice(4, 8)], ['granted', '50', '0', '0', '0'])
})

t.test('large numbers stay exact integers', async t => {
  await ready(1e15)
  t.has(await reserve({ input_tokens: 1e14, max_output_tokens: 1 }), [
    'granted',
    's',
    'c',
    '1',
    '100000000000001',
    '1',
    '0',
    '899999999999999',
  ])
  t.has(await account(), { held: '100000000000001' })
  const [, , , , , tokens] = await reserve({ input_tokens: 1e14, max_output_tokens: 1 })
  t.equal(tokens, '1')
})

t.test('P4: a reservation that comes after its release makes no hold', async t => {
  await ready()
  const release = () => settle({ end: 'release', student: '', week: '', charge_tokens: 0 })
  t.same(await release(), ['unknown'])
  t.same(await reserve(), ['released'])
  t.same(await release(), ['unknown'])
  t.same(await settle({ end: 'release', charge_tokens: 0 }), ['unknown'], 'the ledger decides about a record')
  t.has(await account(), { held: '0' })
  t.ok((await redis.ttl(`${BUCKET}:hold:r1`)) > 0, 'the mark does not stay')
  t.has(await reserve({ reservation: 'r2' }), ['granted'])
  t.same(await settle({ reservation: 'r3', end: 'release', charge_tokens: 0 }), ['unknown'])
  t.has(await reserve({ reservation: 'r3' }), ['granted'], 'a record of the stream leaves no mark')
})

t.test('P11: scripts survive SCRIPT FLUSH', async t => {
  await ready()
  await redis.script('FLUSH')
  t.has(await reserve(), ['granted'])
})

t.test('P11: a reservation that Redis executes after its deadline does nothing', async t => {
  await ready()
  t.same(await reserve({ deadline_ms: PAST_MS }), ['late'])
  t.has(await account(), { held: '0' })
})

t.test('every declared reply has been seen', async t => {
  for (const { name, replies } of [scripts.reserveScript])
    t.same([...(met.get(name) ?? [])].sort(), [...replies].sort(), name)
})
