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
    Array.from({ length: 200 }, (_, index) => ledger.sum(account(index % 50), [], null)),
  )
  t.ok(sums.every(sum => sum.granted === 1000))
  const { rows } = await pool.query("SELECT count(*)::int FROM quota.ledger_entries WHERE kind = 'allowance'")
  t.same(rows, [{ count: 50 }])
  await t.rejects(ledger.sum({ courseId: 'c', studentId: 'nobody', week: 1 }, [], null), {
    code: 'not_found',
  })
})

t.test('P2: each end is in the ledger once, and the sum says which have ended', async t => {
  const ends = [end('a', { studentId: 's1' }), end('b', { studentId: 's1', chargeTokens: 5 })]
  t.same(await ledger.append([...ends, end('a', { studentId: 's1' })]), new Set(['a', 'b']))
  t.same(await ledger.append(ends), new Set())
  const ended = new Map([['b', { kind: 'settle', chargeTokens: 5 }]])
  const sum = { granted: 1000, settled: 15, takenBack: 0, ends: ended }
  t.same(await ledger.sum(account(1), ['b', 'unknown'], null), sum)
  t.same(await ledger.sum(account(1, 2), ['b'], null), { ...sum, settled: 0 }, 'of whichever week')
  t.same(await ledger.sum(account(1, 2), [], null), { ...sum, settled: 0, ends: new Map() })
  await ledger.append([end('late', { kind: 'expire', chargeTokens: 0 })])
  t.same((await ledger.sum(account(1), ['late'], null)).ends.get('late'), { kind: 'expire', chargeTokens: 0 })
  await ledger.append([end('late', { chargeTokens: 3 })])
  t.same((await ledger.sum(account(1), ['late'], null)).ends.get('late'), { kind: 'settle', chargeTokens: 3 })
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

t.test('P2: of contradicting ends that replicas append at once, one is in the ledger', async t => {
  const ROUNDS = 40
  const EACH = 5
  const other = new pg.Pool({ connectionString: own.href })
  other.on('error', () => {})
  t.teardown(() => other.end())
  const replicas = [ledger, createLedger(other)]
  const pairs: [End['kind'], End['kind'], string[]][] = [
    ['settle', 'release', ['release', 'settle']],
    ['expire', 'release', ['expire', 'release']],
    ['expire', 'settle', ['expire,settle', 'settle']],
  ]
  for (const [first, second, allowed] of pairs) {
    const id = (round: number, one: number) => `${first}-${second}-${round}-${one}`
    let added = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const told = [first, second].map(kind =>
        Array.from({ length: EACH }, (_, one) =>
          end(id(round, one), { kind, studentId: 's4', chargeTokens: 0 }),
        ),
      )
      const answers = await Promise.all(replicas.map((replica, at) => replica.append(told[at] ?? [])))
      added += answers.reduce((sum, ids) => sum + ids.size, 0)
    }
    const { rows } = await pool.query<{ kinds: string }>(
      `SELECT string_agg(kind, ',' ORDER BY kind) AS kinds FROM quota.ledger_entries
        WHERE reservation_id LIKE $1 GROUP BY reservation_id`,
      [`${first}-${second}-%`],
    )
    t.equal(rows.length, ROUNDS * EACH)
    t.same(
      rows.filter(({ kinds }) => !allowed.includes(kinds)),
      [],
    )
    t.equal(added, rows.flatMap(({ kinds }) => kinds.split(',')).length, 'who entered it was told so')
  }
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
  t.match(await ledger.sum(account(3), [], null), { settled: 1000 })
})

t.test(
  'P1: what is carried is written once, with the allowance, and is what the ledger and Redis had left',
  async t => {
    const carryUpTo = (tokens: number) =>
      admin.query('UPDATE quota.courses SET carry_over_tokens = $1', [tokens])
    const granted = async (n: number, week: number, openBefore: number | null) =>
      (await ledger.sum(account(n, week), [], openBefore)).granted
    t.teardown(() => carryUpTo(0))
    t.equal(await granted(10, 2, 0), 1000, 'the course carries nothing')
    await carryUpTo(600)
    await ledger.append([end('used', { studentId: 's11', chargeTokens: 300 })])
    await granted(11, 1, null)
    t.equal(await granted(11, 2, 150), 1550, '1000 - 300 used - 150 still open')
    t.equal(await granted(11, 2, 0), 1550, 'and never more')
    await ledger.append([end('late', { studentId: 's11', chargeTokens: 100 })])
    t.equal(await granted(11, 2, 0), 1550, 'nor less')
    t.equal(await granted(10, 2, 0), 1600, 'an account that was opened before there was something to carry')

    await granted(12, 1, null)
    await ledger.append([end('all', { studentId: 's12', chargeTokens: 1000 })])
    t.equal(await granted(12, 2, 0), 1000, 'nothing was left')
    await ledger.append([end('more', { studentId: 's13', chargeTokens: 1200 })])
    await granted(13, 1, null)
    t.equal(await granted(13, 2, 0), 1000, 'less than nothing is not carried')
    t.equal(await granted(14, 2, 0), 1600, 'a week that was never opened is wholly unused')
    await carryUpTo(3000)
    await ledger.append([end('some', { studentId: 's15', chargeTokens: 900 })])
    await granted(15, 1, null)
    t.equal(await granted(15, 4, 0), 1000 + 100 + 2000, 'so are two of them')
    t.equal(await granted(16, 1001, null), 0, 'outside the weeks there is another allowance')
    const { rows } = await pool.query(
      "SELECT week, tokens::int, reason FROM quota.ledger_entries WHERE kind = 'carry' AND student_id = 's11'",
    )
    t.same(rows, [{ week: 2, tokens: 550, reason: 'unused tokens of the week before' }])

    const sums = await Promise.all(Array.from({ length: 40 }, () => ledger.sum(account(20, 3), [], 0)))
    t.ok(sums.some(sum => sum.granted === 3000 + 0))
    t.equal(await granted(20, 3, 0), 3000, 'once, whoever asks at the same time')
  },
)
