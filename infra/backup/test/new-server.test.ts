import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RECORD_COMPLETED, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { createSchemas, startTestServers } from '@lectern/shared/testing/servers.ts'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import t from 'tap'
import { query, run, structureOf, urlsOf } from './scripts.ts'

/** A backup of an older version, restored on a server that has never seen Lectern. */

const PROJECT = join(import.meta.dirname, '..', '..', '..')
const migrationsOf = (service: string) => join(PROJECT, 'services', service, 'prisma', 'migrations')
const OLDER = 2

const old = await startTestServers(t, { postgres: [] })
const fresh = await startTestServers(t, { nats: true, redis: true, postgres: [] })
const folder = await mkdtemp(join(tmpdir(), 'lectern-backup-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const backups = join(folder, 'backups')
// Another time zone than that of the restore, as two machines may have.
const save = (...args: string[]) =>
  run('save.sh', args, { DATABASE_URL: old.databaseUrl, TZ: 'Asia/Shanghai' })
const restore = (file: string) => run('restore.sh', ['--yes', file], urlsOf(fresh))
const migrate = (url: string) =>
  promisify(execFile)(process.execPath, [join(PROJECT, 'infra', 'migrate.ts')], {
    env: {
      ...process.env,
      DATABASE_URL: url,
      QUOTA_DB_PASSWORD: 'quota-password',
      PROMPTS_DB_PASSWORD: 'prompts-password',
      LOGGER_DB_PASSWORD: 'logger-password',
    },
  })
const coursesIn = async (url: string) =>
  (await query<{ id: string }>(url, 'SELECT id FROM quota.courses ORDER BY id')).map(({ id }) => id)
const addCourse = (url: string, id: string) =>
  query(
    url,
    `INSERT INTO quota.courses (id, name, timezone, starts_on, weeks, weekly_tokens, default_max_tokens,
                                requests_per_minute, parallel_requests)
     VALUES ($1, $1, 'Europe/Berlin', '2026-01-05', 10, 1000, 100, 10, 2)`,
    [id],
  )

t.before(async () => {
  const older = join(folder, 'older')
  for (const name of (await readdir(migrationsOf('quota'))).toSorted().slice(0, OLDER))
    await cp(join(migrationsOf('quota'), name), join(older, name), { recursive: true })
  for (const service of ['quota', 'prompts', 'logger'])
    await query(old.databaseUrl, `CREATE ROLE lectern_${service}`)
  await createSchemas(old.databaseUrl, [
    { schema: 'quota', migrations: older },
    { schema: 'prompts', migrations: migrationsOf('prompts') },
    { schema: 'logs', migrations: migrationsOf('logger') },
  ])
  await addCourse(old.databaseUrl, 'saved')
})

t.test('saving: complete or not there, private, and only so many are kept', async t => {
  const lost = await run('save.sh', [backups], { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' })
  t.match(lost, { code: 1, stderr: /the database cannot be asked/ })
  const other = await run('save.sh', [backups], { DATABASE_URL: fresh.databaseUrl })
  t.match(other, { code: 1, stderr: /nothing was saved/ }, 'a database without Lectern')
  t.same(await readdir(backups), [])

  const [oldest, older] = ['lectern-20250101T000000Z.dump', 'lectern-20250102T000000Z.dump']
  for (const name of [oldest, older, 'notes.dump']) await writeFile(join(backups, name), '')
  t.match(await save('--keep', '2', backups), { code: 0, stderr: '' })
  const names = (await readdir(backups)).toSorted()
  t.match(names, [older, /^lectern-2\d{7}T\d{6}Z\.dump$/, 'notes.dump'])
  const file = join(backups, names[1] ?? '')
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.match(await save('--keep', 'some', backups), { code: 64 })
  t.match(await save(), { code: 64 })
})

t.test('restoring: roles, rights and rows are there, and the migrations do the rest', async t => {
  const [name = ''] = (await readdir(backups)).toSorted().slice(1)
  const file = join(backups, name)
  const restored = await restore(file)
  t.match(restored, { code: 0, stderr: '' })
  const [, made = ''] = /becomes what it was at (.*), Redis/.exec(restored.stdout) ?? []
  t.ok(Math.abs(Date.now() - Date.parse(made)) < 60_000, `made at ${made}`)
  t.match(restored.stdout, 'Bus: it has kept no record')
  t.notMatch(restored.stdout, 'set aside', 'there was nothing')
  t.same(await coursesIn(fresh.databaseUrl), ['saved'])

  const { stdout } = await migrate(fresh.databaseUrl)
  const applied = stdout.split('\n').filter(line => line.startsWith('applied '))
  const newer = (await readdir(migrationsOf('quota'))).toSorted().slice(OLDER)
  t.same(
    applied,
    newer.map(migration => `applied quota/${migration}`),
  )

  await query(fresh.databaseUrl, 'CREATE DATABASE anew')
  const anew = fresh.databaseUrl.replace(/\/lectern$/, '/anew')
  await migrate(anew)
  const structure = await structureOf(fresh.databaseUrl)
  t.same(structure, await structureOf(anew), 'as a new installation has them')
  t.ok(structure.some(line => /^relation quota\.ledger_entries, .* lectern_quota=ar\/lectern/.test(line)))
  t.ok(structure.some(line => line.includes('ledger_entries_append_only')))
})

t.test('a restore that fails half-way leaves everything as it was', async t => {
  const [name = ''] = (await readdir(backups)).toSorted().slice(1)
  const url = fresh.databaseUrl
  await addCourse(url, 'later')
  await query(
    url,
    "CREATE FUNCTION fail() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more'; END $$",
  )
  // Triggers come last, when all rows are there already.
  await query(
    url,
    "CREATE EVENT TRIGGER fail ON ddl_command_end WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION fail()",
  )
  t.match(await restore(join(backups, name)), {
    code: 1,
    stderr: /no more[\s\S]*the database was not changed/,
  })
  await query(url, 'DROP EVENT TRIGGER fail')
  t.same(await coursesIn(url), ['later', 'saved'])
  const aside = await query(url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE '%before%'")
  t.same(aside, [])

  t.match(await restore(join(backups, name)), { code: 0, stdout: /gone: 1 courses/ }, 'and can be repeated')
  t.same(await coursesIn(url), ['saved'])
})

t.test('what is no backup of Lectern is refused', async t => {
  const file = join(folder, 'other.dump')
  await writeFile(file, 'nothing of that kind')
  t.match(await restore(file), { code: 1, stderr: /is not a backup of pg_dump/ })
  t.match(await restore(join(folder, 'absent.dump')), { code: 1, stderr: /there is no file/ })
})

t.test('it says what the bus has forgotten, and leaves what is not ours in Redis', async t => {
  const nc = await connect({ servers: fresh.natsUrl })
  const manager = await jetstreamManager(nc)
  // Its own refuses to be purged, and messages go by their age.
  await manager.streams.add({ name: RECORDS_STREAM, subjects: [RECORD_COMPLETED] })
  for (let count = 0; count < 3; count++) await jetstream(nc).publish(RECORD_COMPLETED, 'a record')
  const begin = (time: string) => run('replay.ts', ['begin', time], urlsOf(fresh))
  const gone = /what was answered between the backup and .* does not come back/
  t.notMatch(
    (await begin('2026-01-01T00:00:00Z')).stdout,
    gone,
    'the stream is younger than the backup, and whole',
  )
  await manager.streams.purge(RECORDS_STREAM, { seq: 3 })
  t.match(await begin('2026-01-01T00:00:00Z'), { code: 0, stdout: gone })
  t.notMatch((await begin('2099-01-01T00:00:00Z')).stdout, gone)
  await nc.close()

  const redis = new Redis(fresh.redisUrl)
  await redis.mset('{q:00}:epoch', '1', '{q:ff}:epoch', '1', 'other', 'stays')
  t.match(await begin('2099-01-01T00:00:00Z'), { code: 0, stdout: 'Redis: 2 names removed' })
  t.same(await redis.keys('*'), ['other'])
  redis.disconnect()
})
