import { systemClock } from '@lectern/shared/clock.ts'
import { createLog } from '@lectern/shared/log.ts'
import { createPool } from '@lectern/shared/postgres/pool.ts'
import { createSchemas, startTestServers } from '@lectern/shared/testing/servers.ts'
import t from 'tap'
import { toRow } from '../../src/record-row.ts'
import { createConversations } from '../../src/store/conversations.ts'
import { openDatabase } from '../../src/store/database.ts'
import { addPartitions } from '../../src/store/partitions.ts'
import { createRecordWriter } from '../../src/store/record-writer.ts'
import { indexRecords } from '../../src/store/search-index.ts'
import { MIGRATIONS, recordOf } from '../logger.ts'

const log = createLog('test', 'silent')
const { databaseUrl } = await startTestServers(t, { postgres: [] })
const admin = createPool({ url: databaseUrl, name: 'admin', log })
await admin.query(`CREATE ROLE lectern_logger LOGIN PASSWORD 'test'`)
await createSchemas(databaseUrl, [{ schema: 'logs', migrations: MIGRATIONS.pathname }])
const url = Object.assign(new URL(databaseUrl), { username: 'lectern_logger', password: 'test' })
const pool = createPool({ url: url.href, name: 'test', log })
t.teardown(() => Promise.all([pool.end(), admin.end()]))
t.beforeEach(() => admin.query('TRUNCATE logs.records'))

const START_MS = Date.UTC(2026, 10, 2, 8)
await addPartitions(pool, START_MS)
const write = createRecordWriter(pool, log)
const { search } = createConversations(openDatabase(pool), pool, systemClock)
const found = async (text: string) => (await search(text, { limit: 500 })).items.length
/** In three months, and in the default partition. */
const rowsAbout = (text: string, count: number) =>
  Array.from({ length: count }, (_, index) =>
    toRow(
      recordOf({
        startedAtMs: index % 10 === 9 ? 0 : START_MS + (index % 3) * 31 * 86_400_000 + index,
        messages: [{ role: 'user', content: `${text} ${index}` }],
      }),
    ),
  )
const waiting = async () =>
  (await admin.query<{ n: number }>('SELECT count(*)::int AS n FROM logs.records WHERE NOT indexed')).rows[0]
    ?.n

t.test('P11: a record is found before it is indexed, when some are, and afterwards', async t => {
  await write(rowsAbout('递归函数 Recursion', 100))
  t.equal(await waiting(), 100)
  for (const [step, left] of [
    [0, 100],
    [7, 93],
    [40, 53],
    [1000, 0],
  ] as const) {
    await indexRecords(pool, step)
    t.equal(await waiting(), left)
    for (const text of ['recursion', '递归函数', '递', 'RECURSION 7'])
      t.equal(await found(text), text.endsWith('7') ? 11 : 100, `${text} after ${step}`)
  }
  t.equal(await indexRecords(pool), 0)
})

t.test('two replicas at once index each record once, while others arrive', async t => {
  await write(rowsAbout('before', 300))
  const step = async () => {
    let done = 0
    while (((await waiting()) ?? 0) > 0) done += await indexRecords(pool, 20)
    return done
  }
  const [one, two] = await Promise.all([step(), step(), write(rowsAbout('meanwhile', 200))])
  const rest = await indexRecords(pool)
  t.equal(one + two + rest, 500)
  t.equal(await found('before'), 300)
  t.equal(await found('meanwhile'), 200)
})

t.test('a record that comes again stays indexed', async t => {
  const rows = rowsAbout('again', 30)
  await write(rows)
  await indexRecords(pool)
  await write([...rows, ...rowsAbout('fresh', 5)])
  t.equal(await waiting(), 5)
  t.equal(await found('again'), 30)
})

t.test('a search reads the trigrams, and beside them only what has none yet', async t => {
  await write(rowsAbout('many', 3000))
  while ((await indexRecords(pool)) > 0);
  await write(rowsAbout('few', 20))
  await admin.query('VACUUM ANALYZE logs.records')
  const client = await admin.connect()
  t.teardown(() => client.release(true))
  await client.query('SET enable_seqscan = off')
  // The values as Prisma sends them.
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(
    'EXPLAIN SELECT id FROM logs.records WHERE search_text LIKE $1 AND (indexed = $2 OR indexed = $3)',
    ['%MANY 1234%', true, false],
  )
  const plan = rows.map(row => row['QUERY PLAN']).join('\n')
  t.match(plan, /BitmapOr/)
  t.match(plan, /Bitmap Index Scan on records_2026_11_search_text_idx/)
  t.match(plan, /Bitmap Index Scan on records_2026_11_started_at_idx/)
})
