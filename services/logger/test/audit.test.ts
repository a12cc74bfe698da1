import { randomUUIDv7 } from 'node:crypto'
import type { NewAuditEntry } from '@lectern/shared/contracts/audit.ts'
import { createLog } from '@lectern/shared/log.ts'
import { createPool } from '@lectern/shared/postgres/pool.ts'
import { createSchemas, startTestServers } from '@lectern/shared/testing/servers.ts'
import t from 'tap'
import { createAudit } from '../src/store/audit.ts'
import { openDatabase } from '../src/store/database.ts'
import { MIGRATIONS } from './logger.ts'

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
const audit = createAudit(openDatabase(pool))

function entryOf(part: Partial<NewAuditEntry> = {}): NewAuditEntry {
  return {
    id: randomUUIDv7(),
    actor: 'ada@example.edu',
    actorId: 'a',
    address: '192.0.2.7',
    action: 'course.update',
    courseId: 'ml-26',
    subject: null,
    details: { weeklyTokens: 5 },
    requestId: 'r',
    outcome: 'started',
    ...part,
  }
}

t.test('an entry is kept once, and listed newest first, by course, actor and time', async t => {
  const entries = [
    entryOf({ actor: 'first@example.edu' }),
    entryOf({ courseId: 'other' }),
    entryOf({ courseId: null, subject: 's' }),
  ]
  for (const entry of entries) await audit.append(entry)
  await audit.append(entries[0] as NewAuditEntry)
  const { items } = await audit.list({ limit: 10 })
  t.match(items, entries.toReversed())
  t.equal(items.length, 3)
  const idsOf = async (filter: object) =>
    (await audit.list({ limit: 10, ...filter })).items.map(({ id }) => id)
  t.same(await idsOf({ courseId: 'other' }), [entries[1]?.id])
  t.same(await idsOf({ actor: 'first@example.edu' }), [entries[0]?.id])
  t.same(await idsOf({ to: '2026-01-01T00:00:00Z' }), [])
  t.equal((await idsOf({ from: '2026-01-01T00:00:00Z' })).length, 3)
  const seen: string[] = []
  let cursor: string | null | undefined
  do {
    const page = await audit.list({ limit: 1, ...(cursor ? { cursor } : {}) })
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.next
  } while (cursor)
  t.same(
    seen,
    items.map(({ id }) => id),
  )
})

t.test('nobody can edit it away: not the service, not the owner', async t => {
  for (const statement of [
    `UPDATE logs.audit SET actor = 'other'`,
    'DELETE FROM logs.audit',
    'TRUNCATE logs.audit',
  ]) {
    await t.rejects(pool.query(statement), { code: '42501' }, statement)
    await t.rejects(admin.query(statement), { code: '42501' }, `as owner: ${statement}`)
  }
})
