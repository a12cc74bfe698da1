import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { migrate } from '../../src/postgres/migrate.ts'
import { startTestServers } from '../../src/testing/servers.ts'

const { databaseUrl } = await startTestServers(t, { postgres: [] })
const folder = mkdtempSync(join(tmpdir(), 'lectern-migrate-'))
const write = (name: string, sql: string) => {
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, 'migration.sql'), sql)
}
async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  t.teardown(() => client.end())
  return client
}
const client = await connect()
await client.query('CREATE SCHEMA s')
write('1_init', 'CREATE TABLE things (id int PRIMARY KEY)')

t.test('each migration is applied once, also by two runners at the same moment', async t => {
  const [one, two] = await Promise.all([connect(), connect()])
  const applied = await Promise.all([one, two].map(runner => migrate(runner, { schema: 's', folder })))
  t.same(applied.flat(), ['1_init'])
  t.same(await migrate(client, { schema: 's', folder }), [])
})

t.test('one that fails leaves nothing behind and is tried again', async t => {
  write('2_more', 'CREATE TABLE more (id int); SELECT no_such_function()')
  await t.rejects(migrate(client, { schema: 's', folder }), /2_more failed/)
  t.equal((await client.query("SELECT to_regclass('s.more') AS t")).rows[0].t, null)
  write('2_more', 'CREATE TABLE more (id int)')
  t.same(await migrate(client, { schema: 's', folder }), ['2_more'])
})

t.test('one that was changed after it had been applied is refused', async t => {
  write('1_init', 'CREATE TABLE things (id bigint PRIMARY KEY)')
  await t.rejects(migrate(client, { schema: 's', folder }), /1_init was changed/)
})
