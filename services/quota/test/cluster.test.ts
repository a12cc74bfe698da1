import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedisCluster } from '@lectern/local/servers/redis-cluster.ts'
import * as budget from '@lectern/shared/contracts/budget.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import { Redis } from 'ioredis'
import t from 'tap'
import { bucketFor } from '../src/store/keys.ts'
import { type Enrolled, newKey, startFixture, until } from './fixture.ts'

/** The same service on a real Redis Cluster of three nodes: each course lives on one of them, and depends on no other. */

const folder = await mkdtemp(join(tmpdir(), 'lectern-cluster-'))
const cluster = await startRedisCluster({ dir: folder })
t.teardown(async () => {
  await cluster.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})
const quota = await startFixture(t, { redis: { url: cluster.url }, env: { EXPIRE_INTERVAL_MS: '100' } })
const nodes = cluster.nodes.map(node => {
  const redis = new Redis(node.url)
  redis.on('error', () => {})
  t.teardown(() => redis.disconnect())
  return { ...node, node, redis }
})
type Node = (typeof nodes)[number]

/** A course that lives on this node, with one student. */
async function courseOn({ redis, slots: [first, last] }: Node, settings = {}): Promise<Enrolled> {
  for (;;) {
    const id = `c-${randomUUID()}`
    const slot = Number(await redis.cluster('KEYSLOT', bucketFor(id)))
    if (slot >= first && slot <= last) return quota.course({ id, ...settings })
  }
}

const onEachNode = (settings = {}) => Promise.all(nodes.map(node => courseOn(node, settings)))

async function held(who: Enrolled, question = {}): Promise<string> {
  const reservationId = randomUUID()
  t.match(await quota.reserve(who, { reservationId, ...question }), { granted: true })
  return reservationId
}

const refusal = (who: Enrolled) =>
  quota.reserve(who).then(
    answer => answer,
    (error: unknown) => error,
  )

t.test('P1 P2 P4: every operation, for courses on different nodes at the same time', async t => {
  const all = await onEachNode()
  const work = async (who: Enrolled) => {
    const [settled, released, late] = [await held(who), await held(who), await held(who, { ttlMs: 1000 })]
    await quota.record(who, { id: settled, charge: 40 })
    await quota.record(who, { id: settled, charge: 40 })
    await quota.record(who, { id: released, end: 'release' })
    await until(async () => (await quota.balance(who)).held === 0)
    t.match(await quota.balance(who), { granted: 1000, used: 40, remaining: 960 }, 'the third has expired')
    await quota.record(who, { id: late, charge: 7 })
    const grant = { studentId: who.studentId, week: 1, tokens: 500, reason: 'r', actor: 'a' }
    await quota.ask(budget.GrantCall, { grantId: randomUUID(), ...grant })
    await until(async () => (await quota.balance(who)).used === 47)
    t.match(await quota.balance(who), { granted: 1500, held: 0, remaining: 1453 })
    await until(async () => (await quota.entries(who)).length === 6)
    const kinds = (await quota.entries(who)).map(entry => entry.kind)
    t.same(kinds.sort(), ['allowance', 'expire', 'grant', 'release', 'settle', 'settle'])
  }
  await Promise.all(all.map(work))
})

/** As the gateway does: where no answer came in time, the same reservation is asked for again. */
async function reservePatiently(who: Parameters<typeof quota.reserve>[0]) {
  const reservationId = randomUUID()
  for (let tries = 1; ; tries++) {
    try {
      return await quota.reserve(who, { reservationId })
    } catch (error) {
      if ((error as { code?: string }).code !== 'service_unavailable' || tries === 20) throw error
    }
  }
}

t.test('P1: many requests at once on two replicas: never more than fits, on each node', async t => {
  const replica = await quota.startReplica()
  const all = await onEachNode({ weeklyTokens: 3_730 })
  const answers = await Promise.all(
    all.map(who => Promise.all(Array.from({ length: 60 }, () => reservePatiently(who)))),
  )
  for (const [index, who] of all.entries()) {
    t.equal(answers[index]?.filter(answer => answer.granted && !answer.outputLowered).length, 37)
    t.equal((await quota.balance(who)).remaining, 0, 'the last 30 by a lowered cap')
  }
  await replica.stop()
})

t.test('P10: a key that was rotated or revoked is refused at once, on each node', async t => {
  for (const who of await onEachNode()) {
    await held(who)
    const key = newKey(who.courseId)
    await quota.ask(staff.RotateKeyCall, { keyId: who.keyId, key })
    t.match(await quota.reserve(who), { granted: false, reason: 'invalid_api_key' })
    t.match(await quota.reserve({ ...who, keyHash: key.hash }), { granted: true })
    await quota.ask(staff.RevokeKeyCall, { keyId: key.id })
    t.match(await quota.reserve({ ...who, keyHash: key.hash }), { granted: false, reason: 'invalid_api_key' })
  }
})

t.test('a node that lost its scripts gets them again', async t => {
  const all = await onEachNode()
  await nodes[0]?.redis.script('FLUSH')
  for (const who of all) t.match(await quota.reserve(who), { granted: true })
})

t.test('P1 P11: a node that lost its data is rebuilt from the ledger; the others keep theirs', async t => {
  const all = await onEachNode()
  for (const who of all) {
    await quota.record(who, { id: await held(who), charge: 30 })
    await held(who)
    await until(async () => (await quota.entries(who)).length === 2)
  }
  await nodes[1]?.redis.flushall()
  const balances = await Promise.all(all.map(who => quota.balance(who)))
  t.same(
    balances.map(({ used, held }) => ({ used, held })),
    [
      { used: 30, held: 100 },
      { used: 30, held: 0 },
      { used: 30, held: 100 },
    ],
  )
})

t.test('P1: a bucket that moves to another node is loaded again there, its open holds kept', async t => {
  const [from, to] = nodes
  if (!from || !to) return t.fail('no nodes')
  const who = await courseOn(from)
  await quota.record(who, { id: await held(who), charge: 30 })
  const open = await held(who)
  await until(async () => (await quota.entries(who)).length === 2)
  const slot = Number(await from.redis.cluster('KEYSLOT', bucketFor(who.courseId)))
  await moveSlot(slot, from, to)
  t.match(await quota.reserve(who), { granted: true })
  t.match(await quota.balance(who), { granted: 1000, used: 30, held: 200 })
  t.equal(await to.redis.hget(`${bucketFor(who.courseId)}:hold:${open}`, 'state'), 'held')
  await quota.record(who, { id: open, charge: 50 })
  await until(async () => (await quota.balance(who)).used === 80)
  t.match(await quota.balance(who), { held: 100 })
  await moveSlot(slot, to, from)
  t.match(await quota.balance(who), { used: 80, held: 100 })
})

/** What `redis-cli --cluster reshard` does with one slot. */
async function moveSlot(slot: number, from: Node, to: Node): Promise<void> {
  const [source, target] = await Promise.all([from, to].map(({ redis }) => redis.cluster('MYID')))
  await to.redis.cluster('SETSLOT', slot, 'IMPORTING', String(source))
  await from.redis.cluster('SETSLOT', slot, 'MIGRATING', String(target))
  const { hostname, port, password } = new URL(to.url)
  const names = await from.redis.cluster('GETKEYSINSLOT', slot, 1000)
  await from.redis.migrate(
    hostname,
    port,
    '',
    0,
    5000,
    'REPLACE',
    'AUTH',
    password,
    'KEYS',
    ...names.map(String),
  )
  for (const { redis } of nodes) await redis.cluster('SETSLOT', slot, 'NODE', String(target))
}

t.test('P11: a node that hangs: 503 in time for its courses, the others are served', async t => {
  const [first, second, third] = await onEachNode()
  if (!first || !second || !third) return t.fail('no courses')
  for (const who of [first, second, third]) await held(who)
  process.kill(nodes[2]?.node.pid ?? 0, 'SIGSTOP')
  try {
    const began = performance.now()
    const [hung, ...served] = await Promise.all([refusal(third), quota.reserve(first), quota.reserve(second)])
    t.match(hung, { code: 'service_unavailable', retryAfterMs: 1000 })
    t.ok(performance.now() - began < 1500, 'before the gateway gives up')
    for (const answer of served) t.match(answer, { granted: true })
  } finally {
    process.kill(nodes[2]?.node.pid ?? 0, 'SIGCONT')
  }
  await until(async () => quota.balance(third).then(Boolean, () => false))
  t.match(await quota.balance(third), { held: 100 }, 'what came too late did nothing')
})

t.test(
  'P2 P11: a node is killed and comes back: its courses 503, all others go on, the books agree',
  async t => {
    const [lost, ...others] = await onEachNode()
    if (!lost) return t.fail('no courses')
    const open = await held(lost)
    process.kill(nodes[0]?.node.pid ?? 0, 'SIGKILL')
    for (let round = 0; round < 5; round += 1) {
      const began = performance.now()
      t.match(await refusal(lost), { code: 'service_unavailable', retryAfterMs: 1000 })
      t.ok(performance.now() - began < 1500, 'before the gateway gives up')
      for (const who of others) t.match(await quota.reserve(who), { granted: true })
    }
    for (const who of others) {
      await held(who, { ttlMs: 1000 })
      await until(async () => (await quota.balance(who)).held === 500)
    }
    t.same([await quota.service.checks.redis?.(), await quota.service.checks.bus?.()], [true, true])
    await quota.record(lost, { id: open, charge: 60 })

    await nodes[0]?.node.stop()
    await nodes[0]?.node.start()
    await until(
      async () =>
        quota.balance(lost).then(
          ({ used }) => used === 60,
          () => false,
        ),
      20_000,
    )
    t.match(await quota.balance(lost), { granted: 1000, used: 60, held: 0 })
    t.match(await quota.reserve(lost), { granted: true })
    t.equal((await quota.entries(lost)).filter(entry => entry.kind === 'settle').length, 1)
  },
)
