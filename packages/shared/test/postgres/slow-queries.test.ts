import t from 'tap'
import { createLog } from '../../src/log.ts'
import { createPool, inTransaction, openPool } from '../../src/postgres/pool.ts'
import { statementName } from '../../src/postgres/slow-queries.ts'
import { withRequestId } from '../../src/request-id.ts'
import { startScraping } from '../../src/testing/metrics.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const { value } = await startScraping(t)
const { databaseUrl } = await startTestServers(t, { postgres: [] })
let lines: { msg: string; statement: string; ms: number }[] = []
let text = ''
const log = createLog('test', 'info', {
  write(line) {
    lines.push(JSON.parse(line))
    text += line
  },
})
const closing = new AsyncDisposableStack()
t.teardown(() => closing.disposeAsync())
const config = { DATABASE_URL: databaseUrl, SLOW_QUERY_MS: 50 }
const pool = openPool('test', { config, log, closing })
const SLOW = 'SELECT pg_sleep(0.1), $1::text'
const SECRET = 'a value'
const slow = async (statement: string) => (await value('lectern_slow_queries_total', { statement })) ?? 0

t.beforeEach(() => {
  lines = []
  text = ''
})

t.test('P11: a slow statement is a line with its name and its time, however it is sent', async t => {
  await pool.query({ name: 'sleep-a-while', text: SLOW, values: [SECRET] })
  await pool.query(SLOW, [SECRET])
  await inTransaction(pool, client =>
    client.query({ name: 'sleep-in-transaction', text: SLOW, values: [SECRET] }),
  )
  const client = await pool.connect()
  await new Promise<void>((resolve, reject) =>
    client.query({ name: 'sleep-with-callback', text: SLOW, values: [SECRET] }, (error: Error | null) =>
      error ? reject(error) : resolve(),
    ),
  )
  client.release()
  t.same(
    lines.map(({ statement }) => statement),
    ['sleep-a-while', 'select', 'sleep-in-transaction', 'sleep-with-callback'],
  )
  for (const { msg, ms } of lines) {
    t.equal(msg, 'postgres: slow query')
    t.ok(ms >= 99 && ms < 5000, `${ms} ms`)
  }
  t.notMatch(text, SECRET)
  t.notMatch(text, 'pg_sleep')
  t.equal(await slow('sleep-a-while'), 1)
  t.equal(await slow('sleep-in-transaction'), 1)
})

t.test('P9: a statement that had to wait for a connection is logged for its own request', async t => {
  const narrow = createPool({ url: databaseUrl, name: 'narrow', log, size: 1, slowQueryMs: 50 })
  t.teardown(() => narrow.end())
  const ask = (requestId: string) =>
    withRequestId(requestId, () => narrow.query({ name: `of-${requestId}`, text: SLOW, values: [SECRET] }))
  await Promise.all([ask('r1'), ask('r2'), ask('r3')])
  t.match(lines, [
    { statement: 'of-r1', requestId: 'r1' },
    { statement: 'of-r2', requestId: 'r2' },
    { statement: 'of-r3', requestId: 'r3' },
  ])
})

t.test('P11: one that runs into its timeout is the slowest of all', async t => {
  await t.rejects(
    inTransaction(pool, async client => {
      await client.query("SET LOCAL statement_timeout TO '80ms'")
      await client.query({ name: 'times-out', text: 'SELECT pg_sleep(10)' })
    }),
    { code: '57014' },
  )
  t.same(
    lines.map(({ statement }) => statement),
    ['times-out'],
  )
})

t.test('P9: the line names the request that waited, not the one that opened the connection', async t => {
  const closing = new AsyncDisposableStack()
  t.teardown(() => closing.disposeAsync())
  const fresh = openPool('fresh', { config, log, closing })
  await withRequestId('opener', () => fresh.query('SELECT 1'))
  await withRequestId('asker', () => fresh.query(SLOW, [SECRET]))
  t.match(lines, [{ requestId: 'asker' }])
})

t.test('a quick one says nothing', async t => {
  await pool.query('SELECT 1')
  await inTransaction(pool, client => client.query('SELECT 2'))
  t.same(lines, [])
})

t.test('what has no name is called by its verb and its first table, never by a value', async t => {
  const names: [string, string][] = [
    ['SELECT "quota"."students"."id" FROM "quota"."students" WHERE "id" = $1', 'select quota.students'],
    ['  insert into logs.records (id) values ($1)', 'insert logs.records'],
    ['UPDATE courses SET name = $1', 'update courses'],
    ['DELETE FROM "prompts"."rules" WHERE TRUE', 'delete prompts.rules'],
    ['-- from secret\nWITH due AS (SELECT 1 FROM a.b) SELECT 2 FROM c', 'with a.b'],
    ["SELECT 'taken from secret' FROM t", 'select t'],
    ["SELECT 'it''s from secret', $x$ from secret $x$ /* from secret */ FROM t", 'select t'],
    ['COMMIT', 'commit'],
    ['', 'unknown'],
  ]
  for (const [text, name] of names) t.equal(statementName(text), name)
  t.equal(statementName({ text: 'SELECT 1', name: 'given' }), 'given')
  t.equal(statementName({ text: 'SELECT FROM x.y' }), 'select x.y')
})

t.test('P11: how the pool is used is a number', async t => {
  await pool.query('SELECT 1')
  const client = await pool.connect()
  t.equal(await value('lectern_postgres_connections', { state: 'used' }), 1)
  t.equal(await value('lectern_postgres_waiting'), 0)
  const others = await Promise.all(Array.from({ length: 9 }, () => pool.connect()))
  const waiting = pool.query('SELECT 1')
  t.equal(await value('lectern_postgres_connections', { state: 'used' }), 10)
  t.equal(await value('lectern_postgres_waiting'), 1)
  for (const held of [client, ...others]) held.release()
  await waiting
  t.equal(await value('lectern_postgres_connections', { state: 'used' }), 0)
  t.equal(await value('lectern_postgres_connections', { state: 'idle' }), 10)
})
