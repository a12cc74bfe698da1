import { manualClock } from '@lectern/shared/clock.ts'
import { createLog } from '@lectern/shared/log.ts'
import { createPool } from '@lectern/shared/postgres/pool.ts'
import { createSchemas, startTestServers } from '@lectern/shared/testing/servers.ts'
import pg from 'pg'
import t from 'tap'
import { createStore } from '../src/store/store.ts'
import { MIGRATIONS } from './prompts.ts'

const { databaseUrl } = await startTestServers(t, { postgres: [] })
const admin = new pg.Client({ connectionString: databaseUrl })
await admin.connect()
await admin.query(`CREATE ROLE lectern_prompts LOGIN PASSWORD 'test'`)
await createSchemas(databaseUrl, [{ schema: 'prompts', migrations: MIGRATIONS.pathname }])
const url = new URL(databaseUrl)
url.username = 'lectern_prompts'
url.password = 'test'
const pool = createPool({ url: url.href, name: 'test', log: createLog('test', 'silent') })
t.teardown(() => Promise.all([pool.end(), admin.end()]))

t.test('the role of the service may do all that the service does', async t => {
  const store = createStore(pool, manualClock(1_000_000))
  const weeks = { courseId: 'c', fromWeek: 1, toWeek: 2 }
  t.equal((await store.publish({ ...weeks, text: 'a' })).version, 1)
  t.equal((await store.publish({ ...weeks, text: 'b' })).version, 2)
  t.equal((await store.listVersions({ courseId: 'c', limit: 5 })).items.length, 2)
  const planned = await store.publish({ ...weeks, text: 'c', publishAt: '2199-01-01T00:00:00Z' })
  t.match(await store.withdraw('c', planned.version), { version: 3 })
  t.same(await store.coursesDue(new Date(0), new Date(9e12)), [])
  const rule = await store.addRule({ ...weeks, kind: 'guide', pattern: 'p', message: 'm' })
  t.same((await store.listRules({ courseId: 'c', limit: 5 })).items, [rule])
  t.same([...(await store.readCourse('c')).texts.values()], ['b'])
  await store.removeRule('c', rule.id)
  t.same((await store.readCourse('c')).rules, [])
})

t.test('P6: not even the service can rewrite what was published', async t => {
  for (const statement of [
    `UPDATE prompts.versions SET text = 'other'`,
    'DELETE FROM prompts.versions',
    `UPDATE prompts.rules SET message = 'other'`,
    'DELETE FROM prompts.rules',
    'CREATE TABLE prompts.other ()',
  ]) {
    await t.rejects(pool.query(statement), { code: '42501' }, statement)
  }
})
