import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { createImpatientConsumer, recordOf, startBackground, until } from './logger.ts'

/** A logger as a process of its own, which can be killed as processes are. */
function startProcess(t: Tap, servers: { natsUrl: string; databaseUrl: string }): ChildProcess {
  const child = spawn(process.execPath, [new URL('../src/main.ts', import.meta.url).pathname], {
    env: {
      NATS_URL: servers.natsUrl,
      DATABASE_URL: servers.databaseUrl,
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      BATCH_SIZE: '50',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}
type Tap = { teardown(fn: () => unknown): void }

const { servers, nc, pool, publish, drained, storedIds } = await startBackground(t)
await createImpatientConsumer(nc)
// A course for each test: what one has left to be delivered again reaches the table during the next.
const records = (count: number, courseId: string) =>
  Array.from({ length: count }, () => recordOf({ courseId }))
const idsOf = (of: { id: string }[]) => of.map(({ id }) => id).sort()
const storingWaits = async () => {
  const { rows } = await pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY logs.records%'
     AND application_name = 'lectern-logger'`,
  )
  return (rows[0]?.n ?? 0) > 0
}

t.test('P3: a logger killed in the middle of a batch loses and doubles nothing', async t => {
  const sent = records(400, 'killed')
  const client = await pool.connect()
  await client.query('BEGIN; LOCK TABLE logs.records IN SHARE MODE')
  const killed = startProcess(t, servers)
  await Promise.all(sent.map(publish))
  await until('an insert that waits', storingWaits)
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  // Postgres may still carry out what the dead process sent: committed, and never acknowledged.
  await client.query('COMMIT')
  client.release()
  startProcess(t, servers)
  await drained()
  t.same(await storedIds('killed'), idsOf(sent))
})

t.test('P3: killed again and again under load, the same', async t => {
  const sent = records(1500, 'again')
  let logger = startProcess(t, servers)
  const publishing = (async () => {
    for (let start = 0; start < sent.length; start += 50) {
      await Promise.all(sent.slice(start, start + 50).map(publish))
    }
  })()
  for (const share of [0.1, 0.3, 0.5]) {
    await until('some are stored', async () => (await storedIds('again')).length >= share * sent.length)
    logger.kill('SIGKILL')
    await once(logger, 'exit')
    logger = startProcess(t, servers)
  }
  await publishing
  await drained()
  t.same(await storedIds('again'), idsOf(sent))
})

t.test('P11: a logger that is asked to stop finishes its batch, and leaves the rest to the next', async t => {
  const sent = records(600, 'asked')
  const first = startProcess(t, servers)
  await Promise.all(sent.map(publish))
  await until('some are stored', async () => (await storedIds('asked')).length > 0)
  first.kill('SIGTERM')
  const [code] = await once(first, 'exit')
  t.equal(code, 0)
  startProcess(t, servers)
  await drained()
  t.same(await storedIds('asked'), idsOf(sent))
})
