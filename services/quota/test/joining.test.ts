import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import t from 'tap'
import { startFixture, until } from './fixture.ts'

/** A replica that is added while others serve. */

const quota = await startFixture(t)

/** The way to Redis, closed until it is opened: connections are taken, and nothing is answered. */
async function startGate() {
  const { hostname, port } = new URL(quota.servers.redisUrl)
  const opened = Promise.withResolvers<void>()
  const server = createServer(async socket => {
    socket.on('error', () => undefined)
    await opened.promise
    const redis = connect(Number(port), hostname)
    redis.on('error', () => socket.destroy())
    socket.pipe(redis).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = new URL(quota.servers.redisUrl)
  url.port = String((server.address() as AddressInfo).port)
  return { url: url.href, open: opened.resolve }
}

t.test('P4 P11: a replica takes no questions before it has reached Redis', async t => {
  const who = await quota.course()
  const gate = await startGate()
  const joining = quota.startReplica({ REDIS_URL: gate.url })
  const ends = Date.now() + 1000
  // The elder answers all of them, or one of these fails.
  let asked = 0
  for (; Date.now() < ends; asked += 1) await quota.balance(who)
  t.ok(asked > 20)
  gate.open()
  const replica = await joining
  await until(async () => (await replica.checks.redis?.()) === true)
  t.match(await quota.balance(who), { used: 0 })
  await replica.stop()
})
