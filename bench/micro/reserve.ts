import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startNats } from '@lectern/local/servers/nats.ts'
import { startPostgres } from '@lectern/local/servers/postgres.ts'
import { startRedis } from '@lectern/local/servers/redis.ts'
import { QUOTA_CONSUMER, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { createSchemas } from '@lectern/shared/testing/servers.ts'
import pg from 'pg'
import { cpuTimesMs } from '../machine/processes.ts'
import { optionOf } from '../options.ts'
import { verdictOf } from '../report/verdict.ts'
import { courseOf, keyHashOf, STUDENTS } from './reserve-keys.ts'
import { startService } from './service.ts'

/** Reserve and settle, from question to ledger: a real quota process on real servers, asked by a process of its own. */

const PASSWORD = 'bench'
/** Reservations a second that should be made and settled. */
const LEAST = 8000
const USERS = ['OPS', 'GATEWAY', 'QUOTA', 'PROMPTS', 'LOGGER', 'CONSOLE']
const LOAD = fileURLToPath(new URL('reserve-load.ts', import.meta.url))

interface System {
  nc: NatsConnection
  busUrl: string
  client: pg.Client
  pids: Record<'quota' | 'redis' | 'postgres' | 'nats', number>
}

/** `--operations=40000 --parallel=128` */
export async function reserve(args: string[], say: (line: string) => void): Promise<string> {
  const number = (name: string, otherwise: number) => Number(optionOf(args, name) ?? otherwise)
  const [operations, parallel] = [number('operations', 40_000), number('parallel', 128)]
  await using closing = new AsyncDisposableStack()
  const system = await startSystem(closing)
  say('warming up')
  await run(system, STUDENTS * 2, 16)
  const before = cpuTimesMs(system.pids)
  const beganMs = performance.now()
  await run(system, operations, parallel)
  const seconds = (performance.now() - beganMs) / 1000
  const after = cpuTimesMs(system.pids)
  const { rows } = await system.client.query(
    "SELECT count(*)::int AS n FROM quota.ledger_entries WHERE kind = 'settle'",
  )
  if (rows[0].n !== STUDENTS * 2 + operations) throw new Error(`${rows[0].n} settlements in the ledger`)
  const cpu = Object.entries(after).map(
    ([name, ms]) => [name, ((ms - (before[name] ?? 0)) / operations) * 1000] as const,
  )
  return [
    `${operations.toLocaleString('en')} reservations of ${STUDENTS.toLocaleString('en')} students, ${parallel} at a time, each settled; all in the ledger at the end. At least ${LEAST.toLocaleString('en')} a second: ${verdictOf(operations / seconds, { least: LEAST })}.`,
    '',
    `| reserve + settle/s | ${cpu.map(([name]) => `CPU ${name}`).join(' | ')} |`,
    `|---:|${cpu.map(() => '---:|').join('')}`,
    `| ${Math.round(operations / seconds).toLocaleString('en')} | ${cpu.map(([, us]) => `${us.toFixed(0)} µs`).join(' | ')} |`,
    '',
  ].join('\n')
}

/** Asks in another process, and waits until every settlement is acknowledged. */
async function run({ nc, busUrl }: System, operations: number, parallel: number): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    LOAD,
    busUrl,
    `${operations}`,
    `${parallel}`,
  ])
  if (stdout !== '0') throw new Error(`${stdout} reservations were refused`)
  for (let left = await waiting(nc); left > 0; left = await waiting(nc)) await delay(20)
}

async function waiting(nc: NatsConnection): Promise<number> {
  const reply = await nc.request(`$JS.API.CONSUMER.INFO.${RECORDS_STREAM}.${QUOTA_CONSUMER}`)
  const { num_pending = 0, num_ack_pending = 0 } = reply.json<Record<string, number>>()
  return num_pending + num_ack_pending
}

async function startSystem(closing: AsyncDisposableStack): Promise<System> {
  const home = await mkdtemp(join(tmpdir(), 'lectern-bench-'))
  closing.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))
  const config = fileURLToPath(new URL('../../infra/nats.conf', import.meta.url))
  const passwords = Object.fromEntries(USERS.map(user => [`NATS_${user}_PASSWORD`, PASSWORD]))
  const nats = await startNats({ dir: join(home, 'nats'), config, env: passwords })
  closing.defer(() => nats.stop())
  const redis = await startRedis({ dir: join(home, 'redis') })
  closing.defer(() => redis.stop())
  const postgres = await startPostgres({ dir: join(home, 'postgres') })
  closing.defer(() => postgres.stop())
  const as = (user: string, url: string) =>
    Object.assign(new URL(url), { username: user, password: PASSWORD }).href

  const client = new pg.Client(postgres.url)
  await client.connect()
  closing.defer(() => client.end())
  await client.query(`CREATE ROLE lectern_quota LOGIN PASSWORD '${PASSWORD}'`)
  const migrations = new URL('../../services/quota/prisma/migrations', import.meta.url)
  await createSchemas(postgres.url, [{ schema: 'quota', migrations }])
  await enrol(client)
  const nc = await connectBus({ url: as('ops', nats.url), service: 'ops', log: createLog('bench', 'silent') })
  closing.defer(() => nc.close())
  const env = {
    NATS_URL: as('quota', nats.url),
    DATABASE_URL: as('lectern_quota', postgres.url),
    REDIS_URL: redis.url,
    // On a machine that others use as well a second is soon over.
    REDIS_COMMAND_TIMEOUT_MS: '10000',
    LOAD_TIMEOUT_MS: '20000',
  }
  const quota = await startService('quota', env, { dir: home, closing })
  const pids = { quota, redis: redis.pid, postgres: postgres.pid, nats: nats.pid }
  return { nc, busUrl: as('gateway', nats.url), client, pids }
}

async function enrol(client: pg.Client): Promise<void> {
  const students = Array.from({ length: STUDENTS }, (_, n) => n)
  await client.query(
    `INSERT INTO quota.courses (id, name, timezone, starts_on, weeks, weekly_tokens, default_max_tokens, models,
                                requests_per_minute, parallel_requests)
     SELECT DISTINCT course, 'Course', 'UTC', current_date - 21, 20, 1000000000, 100, '{}'::text[], 1000000, 100000 FROM unnest($1::text[]) course`,
    [students.map(courseOf)],
  )
  await client.query(
    `INSERT INTO quota.students (id, course_id, name)
     SELECT 'student-' || n, course, 'Ada' FROM unnest($1::int[], $2::text[]) AS s (n, course)`,
    [students, students.map(courseOf)],
  )
  await client.query(
    `INSERT INTO quota.api_keys (id, student_id, hash, hint)
     SELECT 'key-' || n, 'student-' || n, hash, '…' FROM unnest($1::int[], $2::text[]) AS k (n, hash)`,
    [students, students.map(keyHashOf)],
  )
}
