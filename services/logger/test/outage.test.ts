import t from 'tap'
import { recordOf, startLogger, until } from './logger.ts'

const { servers, publish, drained, storedIds, list, service, start } = await startLogger(t, {
  impatient: true,
})
const records = (count: number) => Array.from({ length: count }, () => recordOf())
const sent: string[] = []
const send = async (count: number) => {
  const batch = records(count)
  await Promise.all(batch.map(publish))
  sent.push(...batch.map(({ id }) => id))
}
const passing = async (name: 'bus' | 'database') => {
  const check = service.checks[name]
  return check ? await check() : false
}

t.test(
  'P11: while Postgres is down records wait in the stream, and reading is refused in clear words',
  async t => {
    await send(100)
    await drained()
    t.ok(await passing('database'))
    await servers.postgres.stop()
    await send(300)
    await t.rejects(list({ limit: 10 }), { code: 'service_unavailable', retryAfterMs: 1000 })
    await t.rejects(passing('database'))
    t.ok(await passing('bus'))
  },
)

t.test('P11: when Postgres is back all of them are stored, once, without another restart', async t => {
  await servers.postgres.start()
  await send(100)
  await drained()
  t.same(await storedIds('cs101'), sent.toSorted())
  t.equal((await until('a list', () => list({ limit: 10 }))).items.length, 10)
})

t.test('P11: a restart of NATS loses and doubles nothing', async t => {
  await send(200)
  await servers.nats.stop()
  await servers.nats.start()
  await send(200)
  await drained()
  t.same(await storedIds('cs101'), sent.toSorted())
})

t.test('P11: a stopped logger takes up its work where it ended', async t => {
  await send(50)
  await service.stop()
  await send(50)
  await start()
  await drained()
  t.same(await storedIds('cs101'), sent.toSorted())
})
