import t from 'tap'
import * as scripts from '../../src/store/scripts.ts'
import { BUCKET, NOW_MS, PAST_MS, startBucket } from './bucket.ts'

const { redis, reserve, settle, sync, snapshot, open, putKey, putCourse, ready, account, met } =
  await startBucket(t)

t.test('P11: a bucket is opened once, and anew after a flush', async t => {
  const [reply, epoch] = await open()
  t.equal(reply, 'open')
  t.same(await open(), ['open', epoch])
  await redis.flushall()
  t.not((await open())[1], epoch)
  await redis.set(`${BUCKET}:epoch`, `${'0'.repeat(40)}:1`)
  t.not((await open())[1], `${'0'.repeat(40)}:1`, 'written by another server: begins a new one')
  t.same(await open(PAST_MS), ['late'])
})

t.test('P1 P2: an account is set to the ledger only while nothing changes it', async t => {
  await redis.flushall()
  t.same(await snapshot(), ['closed'])
  const epoch = await ready()
  t.same(await snapshot(), ['account', epoch, epoch, '1', '1000', '0', '0'])
  await reserve()
  await settle()
  t.same(await snapshot(), ['account', epoch, epoch, '2', '1000', '42', '0', 'r1', '42'])
  t.same(await sync({ epoch, rev: 1 }), ['changed'], 'a settlement came in between')
  t.same(await sync({ epoch: 'another', rev: 2 }), ['changed'], 'Redis was wiped in between')
  await reserve({ reservation: 'r2' })
  t.same(await sync({ epoch, rev: 2, granted: 1500, settled: 42, recorded: '["r1"]' }), [
    'synced',
    '1000',
    '42',
    '100',
    '100',
  ])
  t.same(await snapshot(), ['account', epoch, epoch, '3', '1500', '42', '100'])
  await redis.hset(`${BUCKET}:account:s:1`, 'held', 7)
  t.same(
    await sync({ epoch, rev: 3, granted: 1500, settled: 42 }),
    ['synced', '1500', '42', '7', '100'],
    'held is what the open holds add up to',
  )
  await redis.del(`${BUCKET}:account:s:1`)
  t.same(await snapshot(), ['absent', epoch, '', '0', '0', '0', '0'])
  t.same(await sync({ epoch }), ['synced', '', '', '', '100'], 'also for an account that was lost')
  t.equal(await redis.zscore(`${BUCKET}:accounts`, 's:1'), String(NOW_MS))
})

t.test('P10: a key only moves from unknown to owner to revoked', async t => {
  await redis.flushall()
  t.same(await putKey('owner'), ['closed'])
  const [, epoch = ''] = await open()
  t.same(await putKey('unknown', epoch), ['put'])
  t.same(await putKey('unknown', epoch), ['kept'])
  t.same(await putKey('owner', epoch), ['put'])
  t.same(await putKey('unknown', epoch), ['kept'])
  t.same(await putKey('revoked'), ['put'])
  t.same(await putKey('owner', epoch), ['kept'], 'a slow loader cannot bring it back')
  t.same(await putKey('owner', 'older'), ['closed'])
  t.same(await putCourse({ epoch: 'older' }), ['closed'])
  t.same(await putCourse({ version: 2 }), ['put'])
  t.same(await putCourse({ version: 2 }), ['kept'])
  t.same(await putCourse({ version: 1 }), ['kept'])
})

t.test('P11: an account is not set after the deadline', async t => {
  const epoch = await ready()
  t.same(await sync({ epoch, rev: 1, granted: 5, deadline_ms: PAST_MS }), ['late'])
  t.match(await account(), { granted: '1000' })
})

t.test('every declared reply has been seen', async t => {
  for (const { name, replies } of [
    scripts.openScript,
    scripts.snapshotScript,
    scripts.syncScript,
    scripts.putKeyScript,
    scripts.putCourseScript,
  ])
    t.same([...(met.get(name) ?? [])].sort(), [...replies].sort(), name)
})
