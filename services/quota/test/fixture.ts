import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Clock } from '@lectern/shared/clock.ts'
import * as budget from '@lectern/shared/contracts/budget.ts'
import type { Call, ReplyOf, RequestOf } from '@lectern/shared/contracts/call.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import * as quota from '@lectern/shared/contracts/quota.ts'
import { HEADER, RECORD_COMPLETED } from '@lectern/shared/contracts/subjects.ts'
import { keyHint, mintKey } from '@lectern/shared/keys.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { traceHeaders } from '@lectern/shared/nats/tracing.ts'
import {
  createSchemas,
  startTestServers,
  type Test,
  type TestServers,
} from '@lectern/shared/testing/servers.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import { Redis } from 'ioredis'
import pg from 'pg'
import { Config } from '../src/config.ts'
import { startService } from '../src/service.ts'

/** Real servers with the quota service on them, and what its tests do with it. */
export interface Fixture {
  servers: TestServers
  nc: NatsConnection
  /** Of the fixture's own server only. */
  redis: Redis
  pool: pg.Pool
  ask<C extends Call>(call: C, request: RequestOf<C>): Promise<ReplyOf<C>>
  /** A course that runs now, with one student and a key. */
  course(settings?: Partial<staff.CourseInput>): Promise<Enrolled>
  student(courseId: string): Promise<Enrolled>
  reserve(who: Enrolled, question?: Partial<RequestOf<typeof quota.ReserveCall>>): Promise<Reserved>
  /** Publishes the record that ends a reservation. */
  record(who: Enrolled, end: RecordedHeaders): Promise<void>
  balance(who: Enrolled): Promise<quota.Balance>
  entries(who: Enrolled): Promise<budget.LedgerEntry[]>
  startReplica(env?: Record<string, string>): Promise<Fixture['service']>
  service: Awaited<
    ReturnType<typeof startTestService<typeof Config, Awaited<ReturnType<typeof startService>>>>
  >
}

export interface Enrolled {
  courseId: string
  studentId: string
  keyId: string
  keyHash: string
}

export type Reserved = ReplyOf<typeof quota.ReserveCall>

export interface RecordedHeaders {
  id: string
  week?: number
  end?: 'settle' | 'release'
  charge?: number
  /** Replaces single headers, for malformed ones. */
  headers?: Record<string, string>
}

const NATS_CONFIG = new URL('../../../infra/nats.conf', import.meta.url)
const MIGRATIONS = new URL('../prisma/migrations', import.meta.url)
const DAY_MS = 86_400_000

const PASSWORD = 'test'
const NATS_USERS = ['OPS', 'GATEWAY', 'QUOTA', 'PROMPTS', 'LOGGER', 'CONSOLE']

export interface FixtureOptions {
  clock?: Clock
  /** Settings of the service that differ from their defaults. */
  env?: Record<string, string>
  /** By its URL: another Redis than a fresh single server. */
  redis?: true | { keep: boolean } | { url: string }
}

/** The service runs with the rights that it has in production: its own Postgres role and its own user of the bus. */
export async function startFixture(
  t: Test,
  { clock, env = {}, redis = true }: FixtureOptions = {},
): Promise<Fixture> {
  const givenUrl = typeof redis === 'object' && 'url' in redis ? redis.url : undefined
  const servers = await startTestServers(t, {
    nats: {
      config: fileURLToPath(NATS_CONFIG),
      env: Object.fromEntries(NATS_USERS.map(user => [`NATS_${user}_PASSWORD`, PASSWORD])),
    },
    redis: typeof redis === 'object' && 'url' in redis ? false : redis,
    postgres: [],
  })
  const pool = new pg.Pool({ connectionString: servers.databaseUrl })
  pool.on('error', () => {})
  t.teardown(() => pool.end())
  await pool.query(`CREATE ROLE lectern_quota LOGIN PASSWORD '${PASSWORD}'`)
  await createSchemas(servers.databaseUrl, [{ schema: 'quota', migrations: MIGRATIONS }])

  const own = {
    NATS_URL: as('quota', servers.natsUrl),
    DATABASE_URL: as('lectern_quota', servers.databaseUrl),
    REDIS_URL: givenUrl ?? servers.redisUrl,
    EXPIRE_INTERVAL_MS: '50',
    RECONCILE_INTERVAL_MS: '50',
    REFUSALS_INTERVAL_MS: '50',
    ...env,
  }
  const options = { name: 'quota', ...(clock ? { clock } : {}) }
  const startReplica = async (more: Record<string, string> = {}) =>
    startTestService(t, startService, Config, { ...own, ...more }, options)
  const service = await startReplica()
  const nc = await connectBus({
    url: as('ops', servers.natsUrl),
    service: 'ops',
    log: createLog('test', 'silent'),
  })
  t.teardown(() => nc.close())
  const ownRedis = new Redis(givenUrl ?? servers.redisUrl, { lazyConnect: givenUrl !== undefined })
  ownRedis.on('error', () => {})
  t.teardown(() => ownRedis.disconnect())
  await until(async () => Object.values(service.checks).every(check => check()))
  return { servers, nc, redis: ownRedis, pool, service, startReplica, ...actions(nc, clock) }
}

function as(user: string, address: string): string {
  const url = new URL(address)
  url.username = user
  url.password = PASSWORD
  return url.href
}

function actions(nc: NatsConnection, clock: Clock | undefined) {
  const ask: Fixture['ask'] = (call, request) => requester(nc, call)(request, { timeoutMs: 5000 })

  const student = async (courseId: string): Promise<Enrolled> => {
    const key = newKey(courseId)
    const studentId = `s-${randomUUID()}`
    await ask(staff.AddStudentsCall, {
      courseId,
      students: [{ id: studentId, name: 'Ada', email: `${studentId}@example.edu`, key }],
    })
    return { courseId, studentId, keyId: key.id, keyHash: key.hash }
  }
  const course = async (settings: Partial<staff.CourseInput> = {}): Promise<Enrolled> => {
    const input = courseInput(clock?.nowMs() ?? Date.now(), settings)
    await ask(staff.CreateCourseCall, input)
    return student(input.id)
  }
  const reserve: Fixture['reserve'] = (who, question = {}) =>
    ask(quota.ReserveCall, { ...reserveQuestion(who), ...question })

  const record: Fixture['record'] = async (who, end) => {
    const carried = traceHeaders()
    for (const [name, value] of Object.entries(headersOf(who, end))) carried.set(name, value)
    // JetStream acknowledges by a reply.
    await nc.request(RECORD_COMPLETED, '{}', { headers: carried, timeout: 2000 })
  }
  const balance: Fixture['balance'] = async ({ keyHash }) => {
    const answer = await ask(quota.OwnBalanceCall, { keyHash })
    if (!answer.known) throw new Error(answer.reason)
    return answer.balance
  }
  const entries: Fixture['entries'] = async ({ studentId }) =>
    (await ask(budget.ListLedgerCall, { studentId, week: null, limit: 500 })).items
  return { ask, student, course, reserve, record, balance, entries }
}

/** The headers of a record. */
export function headersOf(
  who: Enrolled,
  { id, week = 1, end = 'settle', charge = 0, headers: own = {} }: RecordedHeaders,
): Record<string, string> {
  return {
    [HEADER.reservation]: id,
    [HEADER.course]: who.courseId,
    [HEADER.student]: who.studentId,
    [HEADER.week]: String(week),
    [HEADER.end]: end,
    [HEADER.model]: 'm',
    [HEADER.charge]: String(charge),
    [HEADER.input]: '1',
    [HEADER.output]: '2',
    ...own,
  }
}

/** Limits out of the way, so that a test meets only the one that it sets. */
export function courseInput(nowMs: number, settings: Partial<staff.CourseInput> = {}): staff.CourseInput {
  return {
    id: `c-${randomUUID()}`,
    name: 'Course',
    timezone: 'UTC',
    startsOn: new Date(nowMs - DAY_MS).toISOString().slice(0, 10),
    weeks: 4,
    weeklyTokens: 1000,
    defaultMaxTokens: 100,
    models: [],
    requestsPerMinute: 100_000,
    parallelRequests: 10_000,
    ...settings,
  }
}

export function reserveQuestion({ keyHash }: { keyHash: string }): RequestOf<typeof quota.ReserveCall> {
  return {
    reservationId: randomUUID(),
    keyHash,
    model: 'm',
    inputTokens: 10,
    maxOutputTokens: 90,
    choices: 1,
    lowerOutput: true,
    ttlMs: 60_000,
  }
}

export function newKey(courseId: string): staff.NewKey {
  const { key, hash } = mintKey(courseId)
  return { id: randomUUID(), hash, hint: keyHint(key) }
}

/** Waits for something that another process does; the real servers decide how long that takes. */
export async function until(condition: () => Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${condition}`)
    await delay(10)
  }
}
