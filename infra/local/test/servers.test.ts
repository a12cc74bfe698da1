import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import pg from 'pg'
import t from 'tap'
import { startNats } from '../src/servers/nats.ts'
import { preparePostgres, startPostgres } from '../src/servers/postgres.ts'
import { startRedis } from '../src/servers/redis.ts'
import { runs } from './scripted.ts'

// mkdtemp makes it 0700, like a home directory: nobody but this user may walk through it.
const folder = await mkdtemp(join(tmpdir(), 'lectern servers '))
t.teardown(() => rm(folder, { recursive: true, force: true }))

async function sql(url: string, text: string) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

t.test('Postgres keeps its data, is not root, and leaves no process', async t => {
  const dir = join(folder, 'postgres')
  const first = await startPostgres({ dir, throwaway: true })
  await sql(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  t.same(await sql(first.url, 'SHOW fsync'), [{ fsync: 'off' }])
  t.same(await sql(first.url, 'SHOW listen_addresses'), [{ listen_addresses: '127.0.0.1' }])
  if (process.platform === 'linux')
    t.notMatch(readFileSync(`/proc/${first.pid}/status`, 'utf8'), /^Uid:\s+0/m)
  await first.stop()
  t.notOk(runs(first.pid))

  const second = await startPostgres({ dir })
  t.same(await sql(second.url, 'SELECT answer FROM kept'), [{ answer: 42 }])
  t.same(await sql(second.url, 'SHOW fsync'), [{ fsync: 'on' }])
  await t.rejects(sql(second.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1'), { code: '28P01' })
  await second.stop()
})

t.test('Postgres starts after a crash, whoever has the pid of its lock by now', async t => {
  const dir = join(folder, 'crashed')
  const first = await startPostgres({ dir, throwaway: true })
  process.kill(first.pid, 'SIGKILL')
  await first.stop()
  const lock = join(dir, 'data', 'postmaster.pid')
  const [, ...rest] = readFileSync(lock, 'utf8').split('\n')
  writeFileSync(lock, [process.pid, ...rest].join('\n'))
  const second = await startPostgres({ dir, throwaway: true })
  t.same(await sql(second.url, 'SELECT 1 AS one'), [{ one: 1 }])
  await second.stop()
})

t.test('a server of a run that was killed is stopped before its data is used again', async t => {
  const dir = join(folder, 'left behind')
  const first = await startPostgres({ dir, throwaway: true })
  await preparePostgres({ dir, port: first.port })
  t.notOk(runs(first.pid))
})

t.test('Redis needs its password, never evicts, and keeps its data', async t => {
  const dir = join(folder, 'redis')
  const first = await startRedis({ dir })
  const redis = new Redis(first.url)
  await redis.set('kept', 'yes')
  t.same(await redis.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction'])
  redis.disconnect()
  const stranger = new Redis(first.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null })
  stranger.on('error', () => {})
  await t.rejects(stranger.get('kept'))
  stranger.disconnect()
  await first.stop()
  t.notOk(runs(first.pid))

  const second = await startRedis({ dir })
  const again = new Redis(second.url)
  t.equal(await again.get('kept'), 'yes')
  again.disconnect()
  await second.stop()
})

t.test('NATS has JetStream, and the users of its configuration', async t => {
  const config = join(folder, 'nats.conf')
  writeFileSync(config, 'authorization { users = [ { user: "ops", password: $OPS_PASSWORD } ] }')
  const server = await startNats({ dir: join(folder, 'nats'), config, env: { OPS_PASSWORD: 'p123' } })
  const nats = await connect({ servers: server.url, user: 'ops', pass: 'p123' })
  t.equal(nats.info?.jetstream, true)
  await nats.close()
  await t.rejects(connect({ servers: server.url, reconnect: false }), { name: 'AuthorizationError' })
  await server.stop()
  t.notOk(runs(server.pid))
})

t.test('each server says why it cannot have the port that it was told to use', async t => {
  const holder = await startNats({ dir: join(folder, 'holder') })
  const { port } = holder
  t.teardown(() => holder.stop())
  const refusal = { message: /address already in use/i, portTaken: true }
  await t.rejects(startNats({ dir: join(folder, 'nats2'), port }), refusal)
  await t.rejects(startRedis({ dir: join(folder, 'redis2'), port }), refusal)
  await t.rejects(startPostgres({ dir: join(folder, 'postgres'), port }), refusal)
})
