import t from 'tap'
import * as scripts from '../../src/store/scripts.ts'
import { BUCKET, NOW_MS, PAST_MS, startBucket } from './bucket.ts'

const { redis, reserve, settle, expire, confirm, ready, account, met } = await startBucket(t)

t.test('P2: a hold ends once', async t => {
  await ready()
  await reserve()
  t.same(await settle({ student: 'other' }), ['conflict'])
  t.same(await settle({ week: 2 }), ['conflict'])
  t.same(await settle(), ['ended', 'held', '100'])
  t.same(await settle(), ['repeat'])
  t.same(await settle({ charge_tokens: 43 }), ['conflict'])
  t.same(await settle({ end: 'release', charge_tokens: 0 }), ['conflict'])
  t.has(await account(), { settled: '42', held: '0' })

  await reserve({ reservation: 'r2' })
  t.same(await settle({ reservation: 'r2', end: 'release', charge_tokens: 0, student: '', week: '' }), [
    'ended',
    'held',
    '100',
  ])
  t.same(await settle({ reservation: 'r2', end: 'release', charge_tokens: 0 }), ['repeat'])
  t.same(await settle({ reservation: 'r2' }), ['conflict'])
  t.same(await settle({ reservation: 'never' }), ['unknown'])
  await reserve({ reservation: 'r3' })
  await redis.del(`${BUCKET}:account:s:1`)
  t.same(await settle({ reservation: 'r3' }), ['unknown'], 'no half account is made')
  t.equal(await redis.exists(`${BUCKET}:account:s:1`), 0)
})

t.test('P2 P4: an expired hold is given back, and a settlement after it is still charged', async t => {
  await ready()
  for (const reservation of ['r1', 'r2', 'r3']) await reserve({ reservation })
  t.same(await expire({ now_ms: NOW_MS + 59_999 }), ['ended'], 'not before the deadline')
  const late = NOW_MS + 60_000
  const first = await expire({ now_ms: late, limit: 2 })
  t.same(
    first.map(text => (text === 'ended' ? text : JSON.parse(text))),
    ['ended', ['r1', 'expired', 's', 'c', '1', 'm', '100'], ['r2', 'expired', 's', 'c', '1', 'm', '100']],
  )
  t.has(await account(), { held: '100' }, 'bounded: the third is left')
  t.equal(
    (await expire({ now_ms: late })).length,
    2,
    'what one process was told is not told to another at once',
  )
  t.has(await account(), { held: '0' })
  t.equal((await expire({ now_ms: late + 5000 })).length, 4, 'but again while the ledger does not have it')
  t.same(await confirm(['r1']), ['confirmed', '0', '0', '0'])
  t.equal((await expire({ now_ms: late + 20_000 })).length, 3)

  t.same(await settle({ reservation: 'r2', end: 'release', charge_tokens: 0 }), ['repeat'])
  t.same(await settle({ now_ms: late }), ['ended', 'expired', '100'])
  t.same(await settle({ now_ms: late }), ['repeat'])
  t.has(await account(), { settled: '42', held: '0' }, 'charged once, given back once')
})

t.test('P4: a hold that was released by a call comes up until the ledger has it', async t => {
  await ready()
  await reserve()
  await settle({ end: 'release', charge_tokens: 0, attend_after_ms: 0 })
  const [, told = ''] = await expire()
  t.same(JSON.parse(told), ['r1', 'released', 's', 'c', '1', 'm', '100'])
  await confirm(['r1'])
  t.same(await expire({ now_ms: NOW_MS + 90_000 }), ['ended'])
  await redis.zadd(`${BUCKET}:expiry`, 1, 'gone')
  t.same(await expire(), ['ended'])
  t.equal(await redis.zcard(`${BUCKET}:expiry`), 0, 'an entry without a hold is dropped')
})

t.test('P2: confirm counts what was waiting for it', async t => {
  await ready()
  await reserve()
  await reserve({ reservation: 'r2' })
  await settle()
  t.same(await confirm(['r1', 'r2', 'r3']), ['confirmed', '1', '0', '0'])
  t.same(await confirm(['r1']), ['confirmed', '0', '0', '0'])
  t.equal(
    await redis.zscore(`${BUCKET}:expiry`, 'r2'),
    String(NOW_MS + 60_000),
    'an open hold keeps its deadline',
  )
})

t.test('P11: what Redis executes after its deadline does nothing', async t => {
  await ready()
  await reserve()
  t.same(await settle({ deadline_ms: PAST_MS }), ['late'])
  t.same(await expire({ deadline_ms: PAST_MS, now_ms: NOW_MS + 90_000 }), ['late'])
  t.same(await confirm(['r1'], PAST_MS), ['late'])
  t.has(await account(), { granted: '1000', settled: '0', held: '100' })
})

t.test('every declared reply has been seen', async t => {
  for (const { name, replies } of [scripts.settleScript, scripts.expireScript, scripts.confirmScript])
    t.same([...(met.get(name) ?? [])].sort(), [...replies].sort(), name)
})
