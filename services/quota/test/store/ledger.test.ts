import { createSchemas, startTestServers } from '@lectern/shared/testing/servers.ts'
import pg from 'pg'
import t from 'tap'
import type { End } from '../../src/end.ts'
import { createLedger } from '../../src/store/ledger.ts'

const { databaseUrl } = await startTestServers(t, { postgres: [] })
const admin = new pg.Pool({ connectionString: databaseUrl })
t.teardown(() => admin.end())
await admin.query("CREATE ROLE lectern_quota LOGIN PASSWORD 'quota'")
await createSchemas(databaseUrl, [
  { schema: 'quota', migrations: new URL('../../prisma/migrations', import.meta.url) },
])
const own = new URL(databaseUrl)
own.username = 'lectern_quota'
own.password = 'quota'
const pool = new pg.Pool({ connectionString: own.href })
t.teardown(() => pool.end())
for (const each of [admin, pool]) each.on('error', () => {})
const ledger = createLedger(pool)

await pool.query(
  `INSERT INTO quota.courses (id, name, timezone, starts_on, weeks, weekly_tokens, default_max_tokens, models, requests_per_minute, parallel_requests)
   VALUES ('c', 'Course', 'UTC', '2026-01-01', 4, 1000, 100, '{}', 60, 8)`,
)
await pool.query(
  `INSERT INTO quota.students (id, course_id, name) SELECT 's' || n, 'c', 'Ada' FROM generate_series(0, 49) n`,
)

const account = (n: number, week = 1) => ({ courseId: 'c', studentId: `s${n}`, week })
const end = (reservationId: string, more: Partial<End> = {}): End => ({
  reservationId,
  kind: 'settle',
  courseId: 'c',
  studentId: 's0',
  week: 1,
  chargeTokens: 10,
  model: 'm',
  inputTokens: 1,
  outputTokens: 9,
  ...more,
})

t.test("the service's role can append to the ledger, and nobody can change it", async t => {
  await ledger.append([end('kept')])
  for (const statement of [
    'UPDATE quota.ledger_entries SET tokens = 0',
    'DELETE FROM quota.ledger_entries',
    'TRUNCATE quota.ledger_entries',
  ]) {
    await t.rejects(pool.query(statement), { code: '42501' }, statement)
    await t.rejects(admin.query(statement), { code: '42501' }, `${statement} by the owner`)
  }
  await t.rejects(pool.query('DELETE FROM quota.students'), { code: '42501' })
})

t.test('the table refuses entries that make no sense', async t => {
  const insert = (columns: string, values: string) =>
    pool.query(
      `INSERT INTO quota.ledger_entries (student_id, course_id, week, ${columns}) VALUES ('s0', 'c', 1, ${values})`,
    )
  await t.rejects(insert('kind, tokens, reservation_id', "'settle', 5, 'plus'"), { code: '23514' })
  await t.rejects(insert('kind, tokens, reservation_id', "'expire', -5, 'e'"), { code: '23514' })
  await t.rejects(insert('kind, tokens', "'grant', 5"), { code: '23514' })
  await t.rejects(insert('kind, tokens, grant_id', "'gift', 5, 'g'"), { code: '23514' })
  await t.rejects(ledger.append([end('x', { studentId: 'nobody' })]), { code: '23503' })
})

t.test('P1: an account is opened once, with the allowance, whoever asks first', async t => {
  const sums = await Promise.all(
    Array.from({ length: 200 }, (_, index) => ledger.sum(account(index % 50), [])),
  )
  t.ok(sums.every(sum => sum.granted === 1000))
  const { rows } = await pool.query("SELECT count(*)::int FROM quota.ledger_entries WHERE kind = 'allowance'")
  t.same(rows, [{ count: 50 }])
  await t.rejects(ledger.sum({ courseId: 'c', studentId: 'nobody', week: 1 }, []), { code: 'not_found' })
})

t.test('P2: each end is in the ledger once, and the sum says which pending ones it contains', async t => {
  const ends = [end('a', { studentId: 's1' }), end('b', { studentId: 's1', chargeTokens: 5 })]
  t.same(await ledger.append([...ends, end('a', { studentId: 's1' })]), new Set(['a', 'b']))
  t.same(await ledger.append(ends), new Set())
  t.same(await ledger.sum(account(1), ['b', 'unknown']), { granted: 1000, settled: 15, recorded: ['b'] })
  t.same(await ledger.sum(account(1, 2), ['b']), { granted: 1000, settled: 0, recorded: [] })
})

t.test('P2: a reservation has one end; only a settlement may follow its expiry', async t => {
  const kinds = async (id: string) =>
    (
      await pool.query('SELECT kind FROM quota.ledger_entries WHERE reservation_id = $1 ORDER BY id', [id])
    ).rows.map(row => row.kind)
  const append = async (id: string, ...order: End['kind'][]) => {
    for (const kind of order)
      await ledger.append([end(id, { kind, studentId: 's2', chargeTokens: kind === 'settle' ? 1 : 0 })])
    return kinds(id)
  }
  t.same(await append('1', 'expire', 'settle', 'expire', 'release'), ['expire', 'settle'])
  t.same(await append('2', 'settle', 'expire', 'release', 'settle'), ['settle'])
  t.same(await append('3', 'release', 'settle', 'expire'), ['release'])
  t.same(await append('4', 'expire', 'release'), ['expire'])
})

t.test('P2: replicas that append the same ends at once do not wait for each other in a circle', async t => {
  const ends = Array.from({ length: 100 }, (_, index) => end(`parallel-${index}`, { studentId: 's3' }))
  const added = await Promise.all([
    ledger.append(ends),
    ledger.append(ends.toReversed()),
    ledger.append(ends),
    ledger.append(ends.toReversed()),
  ])
  t.equal(
    added.reduce((sum, ids) => sum + ids.size, 0),
    100,
  )
  t.match(await ledger.sum(account(3), []), { settled: 1000 })
})
