import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  DEADLETTER_STREAM,
  LOGGER_CONSUMER,
  QUOTA_CONSUMER,
  RECORDS_STREAM,
} from '@lectern/shared/contracts/subjects.ts'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Student, System } from '../system.ts'

export interface Entry {
  kind: 'allowance' | 'grant' | 'settle' | 'release' | 'expire'
  student: string
  reservation: string | null
  tokens: number
  atMs: number
}
export interface Kept {
  id: string
  student: string
  charge: number
  outcome: string
}
export interface Balance {
  granted: number
  used: number
  held: number
  remaining: number
}

/** All that is left behind in every part of the system, read from outside while nobody asks anything. */
export interface Evidence {
  ledger: Entry[]
  records: Kept[]
  /** What each student is shown. */
  balances: Map<string, Balance>
  /** Holds, settlements without their ledger entry, and ends not carried on, by their name in Redis. */
  leftInRedis: string[]
  deadLetters: number
  /** Messages that a consumer has not been done with. */
  unconsumed: Record<string, number>
  /** Lines of the services' logs that say that something is wrong. */
  alarms: string[]
}

const SERVICES = ['gateway', 'quota', 'quota-2', 'logger', 'prompts', 'console']
/** Errors that no outage explains. A drift that was repaired is one: afterwards every book agrees. */
const ALARM =
  /repaired towards the ledger|charged more than was held|more than was held|dead-letter|could not be stored|are lost|broken line|answering failed|refused by the server|uncaught|unhandled/i

export async function collect(
  { demo, home }: System,
  students: readonly Student[],
  bus: NatsConnection,
): Promise<Evidence> {
  const database = new pg.Client({ connectionString: demo.databaseUrl, connectionTimeoutMillis: 2000 })
  database.on('error', () => undefined)
  const redis = new Redis(demo.redisUrl, {
    lazyConnect: true,
    retryStrategy: () => null,
    commandTimeout: 2000,
  })
  redis.on('error', () => undefined)
  try {
    await Promise.all([database.connect(), redis.connect()])
    // The queues first: what they still have is not yet in the books.
    const unconsumed = await readQueues(bus)
    return {
      unconsumed,
      ...(await readBooks(database)),
      balances: await readBalances(demo.gatewayUrl, students),
      leftInRedis: await readRedis(redis),
      alarms: SERVICES.flatMap(name => readAlarms(join(home, 'logs', `${name}.log`))),
    }
  } finally {
    await database.end()
    redis.disconnect()
  }
}

async function readBooks(database: pg.Client): Promise<Pick<Evidence, 'ledger' | 'records' | 'deadLetters'>> {
  const ledger = await database.query<Entry>(
    `SELECT kind, student_id AS student, reservation_id AS reservation, tokens::float8 AS tokens,
            extract(epoch FROM created_at)::float8 * 1000 AS "atMs"
       FROM quota.ledger_entries ORDER BY id`,
  )
  const records = await database.query<Kept>(
    'SELECT id, student_id AS student, charge_tokens::float8 AS charge, outcome FROM logs.records',
  )
  const dead = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM logs.dead_letters')
  return { ledger: ledger.rows, records: records.rows, deadLetters: dead.rows[0]?.count ?? 0 }
}

async function readBalances(gatewayUrl: string, students: readonly Student[]): Promise<Evidence['balances']> {
  const balances = await Promise.all(
    students.map(async ({ id, key }): Promise<[string, Balance]> => {
      const response = await fetch(`${gatewayUrl}/v1/quota`, {
        headers: { authorization: `Bearer ${key}` },
        signal: AbortSignal.timeout(5000),
      })
      if (!response.ok) throw new Error(`the balance of ${id} is a ${response.status}`)
      return [id, (await response.json()) as Balance]
    }),
  )
  return new Map(balances)
}

/** Names that must be gone when nothing runs: the notation stands in quota's `store/keys.ts`. */
async function readRedis(redis: Redis): Promise<string[]> {
  const names = await redis.keys('{q:*')
  const left = names.filter(name => /:(running|pending):/.test(name))
  for (const name of names.filter(each => each.endsWith(':expiry'))) {
    for (const reservation of await redis.zrange(name, '0', '-1')) left.push(`${name} ${reservation}`)
  }
  return left
}

async function readQueues(bus: NatsConnection): Promise<Evidence['unconsumed']> {
  const manager = await jetstreamManager(bus, { timeout: 2000 })
  const waiting: Evidence['unconsumed'] = {}
  for (const name of [QUOTA_CONSUMER, LOGGER_CONSUMER]) {
    const { num_pending, num_ack_pending } = await manager.consumers.info(RECORDS_STREAM, name)
    waiting[name] = num_pending + num_ack_pending
  }
  waiting[DEADLETTER_STREAM] = (await manager.streams.info(DEADLETTER_STREAM)).state.messages
  return waiting
}

function readAlarms(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => /"level":(50|60)\b/.test(line) || !line.startsWith('{'))
    .filter(line => ALARM.test(line))
    .map(line => line.slice(0, 400))
}
