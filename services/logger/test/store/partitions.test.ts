import { systemClock } from '@lectern/shared/clock.ts'
import { createLog } from '@lectern/shared/log.ts'
import { isPoison } from '@lectern/shared/nats/consumer.ts'
import { createPool } from '@lectern/shared/postgres/pool.ts'
import { createSchemas, startTestServers } from '@lectern/shared/testing/servers.ts'
import t from 'tap'
import { toRow } from '../../src/record-row.ts'
import { createConversations } from '../../src/store/conversations.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createDeadLetters } from '../../src/store/dead-letters.ts'
import { addPartitions } from '../../src/store/partitions.ts'
import { createRecordWriter } from '../../src/store/record-writer.ts'
import { MIGRATIONS, recordOf } from '../logger.ts'

const log = createLog('test', 'silent')
const { databaseUrl } = await startTestServers(t, { postgres: [] })
const admin = createPool({ url: databaseUrl, name: 'admin', log })
await admin.query(`CREATE ROLE lectern_logger LOGIN PASSWORD 'test'`)
await createSchemas(databaseUrl, [{ schema: 'logs', migrations: MIGRATIONS.pathname }])
const url = new URL(databaseUrl)
url.username = 'lectern_logger'
url.password = 'test'
const pool = createPool({ url: url.href, name: 'test', log })
t.teardown(() => Promise.all([pool.end(), admin.end()]))

const DECEMBER_MS = Date.UTC(2026, 11, 31, 23, 59, 59, 999)
const writeOnce = createRecordWriter(pool, log)
/** As the consumer does: tries again whatever is not the record's own fault. */
const write: typeof writeOnce = rows =>
  writeOnce(rows).catch(error => {
    if (isPoison(error)) throw error
    return write(rows)
  })
const placeOf = async (id: string) =>
  (
    await admin.query<{ place: string }>(
      'SELECT tableoid::regclass::text AS place FROM logs.records WHERE id = $1',
      [id],
    )
  ).rows[0]?.place

t.test('the role of the service makes the partitions ahead of time, once, from several replicas', async t => {
  const made = await Promise.all([1, 2, 3].map(() => addPartitions(pool, DECEMBER_MS)))
  t.same(made.flat().sort(), ['records_2026_12', 'records_2027_01', 'records_2027_02'])
  t.same(await addPartitions(pool, DECEMBER_MS), [])
  await write([
    toRow(recordOf({ id: 'last', startedAtMs: DECEMBER_MS })),
    toRow(recordOf({ id: 'first', startedAtMs: DECEMBER_MS + 1 })),
  ])
  t.equal(await placeOf('last'), 'logs_parts.records_2026_12')
  t.equal(await placeOf('first'), 'logs_parts.records_2027_01')
})

t.test('records that came before their partition move into it, while others arrive', async t => {
  const mayMs = Date.UTC(2027, 4, 15)
  const rows = Array.from({ length: 50 }, (_, index) => toRow(recordOf({ startedAtMs: mayMs + index })))
  await write(rows.slice(0, 25))
  t.equal(await placeOf(rows[0]?.id ?? ''), 'logs_parts.records_other')
  await Promise.all([addPartitions(pool, mayMs), ...rows.slice(25).map(row => write([row]))])
  await write(rows)
  for (const { id } of rows) t.equal(await placeOf(id), 'logs_parts.records_2027_05')
  const { rows: counted } = await admin.query(
    'SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids FROM logs.records WHERE started_at >= $1',
    [new Date(mayMs)],
  )
  t.same(counted, [{ n: 50, ids: 50 }])
})

t.test('P3: the role of the service may add and read, and rewrite nothing', async t => {
  const db = openDatabase(pool)
  await createDeadLetters(db).keep([
    {
      id: '1@1',
      consumer: 'c',
      subject: 'deadletter.c\0',
      headers: { 'Lectern-Reason': ['a\0'] },
      body: Buffer.from([0, 255]),
      reason: 'nul \0',
      at: new Date(0),
    },
  ])
  const { rows } = await pool.query('SELECT headers, body, reason FROM logs.dead_letters')
  t.same(rows, [
    { headers: { 'Lectern-Reason': ['a\ufffd'] }, body: Buffer.from([0, 255]), reason: 'nul \ufffd' },
  ])
  t.equal((await createConversations(db, pool, systemClock).get('last'))?.id, 'last')
  for (const statement of [
    `UPDATE logs.records SET question = ''`,
    'DELETE FROM logs.records',
    'TRUNCATE logs.dead_letters',
    'CREATE TABLE logs.other ()',
    'SELECT * FROM logs_parts.records_other',
  ]) {
    await t.rejects(pool.query(statement), { code: '42501' }, statement)
  }
})

t.test('every list that staff ask for reads an index of each partition', async t => {
  const planOf = async (condition: string) => {
    const client = await admin.connect()
    try {
      await client.query('SET enable_seqscan = off; SET enable_sort = off')
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT id FROM logs.records WHERE ${condition} ORDER BY started_at DESC, id DESC LIMIT 51`,
      )
      return rows.map(row => row['QUERY PLAN']).join('\n')
    } finally {
      client.release(true)
    }
  }
  t.match(await planOf(`course_id = 'c'`), /Index.*course_id_started_at_id_idx/)
  t.match(await planOf(`student_id = 's'`), /Index.*student_id_started_at_id_idx/)
  t.match(await planOf('true'), /Index.*records_2026_12_started_at_id_idx/)
})
