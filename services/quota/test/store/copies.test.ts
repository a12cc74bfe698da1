import t from 'tap'
import * as scripts from '../../src/store/scripts.ts'
import { BUCKET, NOW_MS, PAST_MS, startBucket, WEEK_MS } from './bucket.ts'

const { redis, reserve, settle, sync, snapshot, open, putKey, putCourse, putOwnKeys, ready, account, met } =
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
  t.same(await snapshot(), ['account', epoch, epoch, '1', '1000', '0', '0', 'no', ''])
  await reserve()
  await settle()
  t.same(await snapshot(), ['account', epoch, epoch, '2', '1000', '42', '0', 'no', '', 'r1', '42'])
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
  t.same(await snapshot(), ['account', epoch, epoch, '3', '1500', '42', '100', 'no', 'r2'])
  await redis.hset(`${BUCKET}:account:s:1`, 'held', 7)
  t.same(
    await sync({ epoch, rev: 3, granted: 1500, settled: 42 }),
    ['synced', '1500', '42', '7', '100'],
    'held is what the open holds add up to',
  )
  await redis.del(`${BUCKET}:account:s:1`)
  t.same(await snapshot(), ['absent', epoch, '', '0', '0', '0', '0', 'no', 'r2'])
  t.same(await sync({ epoch }), ['synced', '', '', '', '100'], 'also for an account that was lost')
  t.equal(await redis.zscore(`${BUCKET}:accounts`, 's:1'), String(NOW_MS))
})

t.test(
  'P2 P4: what the ledger has ended ends with the sync, in whatever week, and only where it is open',
  async t => {
    await redis.flushall()
    const epoch = await ready()
    const ids = ['settled', 'released', 'expired', 'open', 'gone']
    for (const reservation of ids) await reserve({ reservation })
    await settle({ reservation: 'gone', end: 'release' })
    const ended = [
      ['settled', 'settled', '30'],
      ['released', 'released', '0'],
      ['expired', 'expired', '0'],
      ['gone', 'settled', '9'],
      ['never seen', 'settled', '9'],
    ]
    const [, , , rev = ''] = await snapshot()
    const args = { epoch, rev, settled: 30, ended: JSON.stringify(ended) }
    t.same(await sync(args), ['synced', '1000', '0', '400', '100'])
    t.same((await snapshot())[8], 'open')
    t.same(await redis.smembers(`${BUCKET}:crowd:c`), ['open'])
    t.same(
      await redis.zrange(`${BUCKET}:expiry`, '0', '-1'),
      ['gone', 'open'],
      'an end of Redis is still to be recorded',
    )
    t.ok((await redis.ttl(`${BUCKET}:hold:settled`)) > 0)
    t.equal(await redis.exists(`${BUCKET}:hold:never seen`), 0)
    t.same(await settle({ reservation: 'settled', charge_tokens: 30 }), ['repeat'])
    t.same(await settle({ reservation: 'released', end: 'release' }), ['repeat'])
    t.same(
      await settle({ reservation: 'gone', end: 'release' }),
      ['repeat'],
      'the end that came in between stands',
    )
    t.same(await settle({ reservation: 'expired', charge_tokens: 5 }), ['ended', 'expired', '100'])

    const other = { epoch, week: 2, ended: '[["open", "settled", "42"]]' }
    t.same(await sync(other), ['synced', '', '', '', '0'])
    t.equal(await redis.exists(`${BUCKET}:running:s`, `${BUCKET}:crowd:c`), 0, 'the slot is free')
    t.match(
      await account(),
      { held: '0', settled: '35', epoch: '', rev: '4' },
      'and its own account is asked of the ledger again',
    )
  },
)

t.test('P1: what is carried from a week counts whatever is still open there as used', async t => {
  const epoch = await ready()
  const carry = async (nowMs: number, week = 2) => (await snapshot({ now_ms: nowMs, week }))[7]
  await reserve()
  await reserve({ reservation: 'r2', input_tokens: 20 })
  await settle()
  const second = NOW_MS + WEEK_MS
  t.equal(await carry(second - 1), 'no', 'the week before still runs')
  t.equal(await carry(second), '152', '110 held, 42 charged without the word of the ledger')
  await settle({ reservation: 'r2', charge_tokens: 5 })
  t.equal(await carry(second), '47')
  t.equal(await carry(second, 1), 'no', 'a week that is over')
  t.equal(await carry(second, 3), 'no')
  t.equal(await carry(second + WEEK_MS), 'no', 'the term is over')
  await putCourse({
    version: 2,
    calendar: `0-${NOW_MS}:1000 ${NOW_MS}-${second}:12 ${second}-${2 * second}:1001`,
  })
  t.equal(await carry(second, 1001), 'no', 'no week')
  t.equal(await carry(NOW_MS - 1, 1000), 'no')
  t.equal(await carry(NOW_MS, 12), '0')
  t.equal(await carry(NOW_MS, 2), 'no', 'not the number of another week')
  await redis.del(`${BUCKET}:course:c`)
  t.equal(await carry(second), 'course')
  await putCourse({ version: 2 })
  t.equal(await carry(second), '47')
  await redis.hset(`${BUCKET}:course:c`, 'epoch', `not ${epoch}`)
  t.equal(await carry(second), 'course', 'an old copy')
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

t.test('P11: a copy of a course that another release of the service wrote is replaced', async t => {
  await ready()
  await redis.hdel(`${BUCKET}:course:c`, 'calendar')
  t.match(await reserve(), ['need', 'course'])
  t.same(await putCourse({ version: 1 }), ['put'], 'also by its own version')
  t.match(await reserve(), ['granted'])
})

t.test('P10: own keys of a student: the newest copy stays, whoever brings it', async t => {
  await redis.flushall()
  t.same(await putOwnKeys(), ['closed'])
  const [, epoch = ''] = await open()
  t.same(await putOwnKeys({ epoch: 'older' }), ['closed'])
  t.same(await putOwnKeys({ epoch, version: 3, keys: '[["a","v1.x"],["b","v1.y"]]' }), ['put'])
  t.same(await putOwnKeys({ epoch, version: 2, keys: '[["c","v1.z"]]' }), ['kept'], 'a slow loader')
  t.has(await redis.hgetall(`${BUCKET}:own:s`), { 'at:a': 'v1.x', 'at:b': 'v1.y' })
  t.same(await putOwnKeys({ version: 4, keys: '[["b","v1.y"]]' }), ['put'])
  t.same(Object.keys(await redis.hgetall(`${BUCKET}:own:s`)).sort(), ['at:b', 'epoch', 'version'])
})

t.test('P11: an account is not set after the deadline', async t => {
  const epoch = await ready()
  t.same(await sync({ epoch, rev: 1, granted: 5, deadline_ms: PAST_MS }), ['late'])
  t.has(await account(), { granted: '1000' })
})

t.test('every declared reply has been seen', async t => {
  for (const { name, replies } of [
    scripts.openScript,
    scripts.snapshotScript,
    scripts.syncScript,
    scripts.putKeyScript,
    scripts.putCourseScript,
    scripts.putOwnKeysScript,
  ])
    t.same([...(met.get(name) ?? [])].sort(), [...replies].sort(), name)
})
