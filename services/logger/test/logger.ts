import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Call } from '@lectern/shared/contracts/call.ts'
import {
  GetConversationCall,
  GetConversationCourseCall,
  ListConversationsCall,
  SearchConversationsCall,
} from '@lectern/shared/contracts/conversations.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { LOGGER_CONSUMER, RECORD_COMPLETED, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { ensureStreams } from '@lectern/shared/nats/streams.ts'
import { createPool, type Pool } from '@lectern/shared/postgres/pool.ts'
import { startTestServers, type Test } from '@lectern/shared/testing/servers.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import { Config } from '../src/config.ts'
import { startService } from '../src/service.ts'
import { addToSums } from '../src/store/use-sums.ts'

export const MIGRATIONS = new URL('../prisma/migrations', import.meta.url)
const SILENT = createLog('test', 'silent')

/** What is told beside a record to which staff have done nothing. */
export const UNTOUCHED = { flagged: false, notes: 0, erased: false }

/** A record as a gateway publishes it. */
export function recordOf(change: Partial<ConversationRecord> = {}): ConversationRecord {
  return {
    v: 1,
    id: randomUUIDv7(),
    courseId: 'cs101',
    studentId: 'ada',
    week: 3,
    endpoint: '/v1/chat/completions',
    stream: true,
    model: 'small',
    provider: 'demo',
    providerModel: 'demo-small',
    messages: [{ role: 'user', content: 'What is a monad?' }],
    parameters: { temperature: 0.5 },
    answers: [{ text: 'A monoid in the category of endofunctors.', toolCalls: [], finishReason: 'stop' }],
    usage: { inputTokens: 12, outputTokens: 9, cachedTokens: 4, source: 'provider' },
    chargeTokens: 21,
    paidBy: 'course',
    cached: false,
    outcome: 'completed',
    errorCode: null,
    startedAtMs: Date.UTC(2026, 10, 2, 8),
    firstTokenMs: 312.5,
    totalMs: 1840.25,
    promptVersionId: 'a-version',
    promptVersion: 7,
    ruleHits: [{ id: 'a-rule', kind: 'guide' }],
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    ...change,
  }
}

/** Asks again until there is an answer that is not false, empty or an error; for at most `withinMs`. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  withinMs = 20_000,
): Promise<T> {
  for (const giveUpAt = performance.now() + withinMs; performance.now() < giveUpAt; await delay(30)) {
    const found = await ask().catch(() => undefined)
    if (found) return found
  }
  throw new Error(`did not happen within ${withinMs} ms: ${what}`)
}

/** Real servers with the streams, and what a gateway and the console do with them. */
export async function startBackground(t: Test) {
  const servers = await startTestServers(t, {
    nats: true,
    postgres: { schema: 'logs', migrations: MIGRATIONS },
  })
  const nc = await connectBus({ url: servers.natsUrl, service: 'test', log: SILENT })
  await ensureStreams(nc)
  const pool = createPool({ url: servers.databaseUrl, name: 'test', log: SILENT })
  t.teardown(async () => {
    await nc.close()
    await pool.end()
  })
  const options = { timeoutMs: 10_000 }
  return {
    servers,
    nc,
    pool,
    publish: (content: ConversationRecord | string) => publish(nc, content),
    /** Empties tables; again where the logger's own upkeep was in the way. */
    empty: (...tables: string[]) =>
      until('empty tables', async () => (await pool.query(`TRUNCATE ${tables.join(', ')}`)) && true),
    /** Every message of RECORDS is acknowledged. */
    drained: () => until('an empty stream', () => isDrained(nc)),
    storedIds: async (courseId: string) => {
      const { rows } = await pool.query<{ id: string }>('SELECT id FROM logs.records WHERE course_id = $1', [
        courseId,
      ])
      return rows.map(({ id }) => id).sort()
    },
    list: requester(nc, ListConversationsCall, options),
    search: requester(nc, SearchConversationsCall, options),
    get: requester(nc, GetConversationCall, options),
    courseOf: requester(nc, GetConversationCourseCall, options),
    /** Asks any other call. */
    asking: <C extends Call>(call: C) => requester(nc, call, options),
  }
}

/** The same with one logger running in this process. */
export async function startLogger(t: Test, { impatient = false } = {}) {
  const background = await startBackground(t)
  if (impatient) await createImpatientConsumer(background.nc)
  const { natsUrl, databaseUrl } = background.servers
  const start = () =>
    startTestService(t, startService, Config, {
      NATS_URL: natsUrl,
      DATABASE_URL: databaseUrl,
      BATCH_LINGER_MS: '20',
    })
  return { ...background, start, service: await start() }
}

/** Sums up what is stored, as if a minute had passed since. */
export async function sumUp(pool: Pool): Promise<void> {
  await age(pool)
  await addToSums(pool)
}

/** As if a minute had passed: what is stored may now be summed up. */
export async function age(pool: Pool): Promise<void> {
  await pool.query(`UPDATE logs.records SET stored_at = stored_at - interval '1 minute'`)
  await pool.query(`UPDATE logs.use_progress SET stored_to = stored_to - interval '1 minute'`)
}

/** Publishes until the stream acknowledges, as a gateway with its spool does. */
async function publish(nc: NatsConnection, content: ConversationRecord | string): Promise<void> {
  const body = typeof content === 'string' ? content : JSON.stringify(content)
  await until('an acknowledgement', async () => {
    const reply = await nc.request(RECORD_COMPLETED, body, { timeout: 1000 })
    return reply.json<{ error?: unknown }>().error === undefined
  })
}

/**
 * The consumer as the service makes it, except that the server waits less long before it delivers a message again: what a
 * killed replica had in work is otherwise given to another one only after 30 s.
 */
export async function createImpatientConsumer(nc: NatsConnection): Promise<void> {
  const config = {
    durable_name: LOGGER_CONSUMER,
    filter_subject: RECORD_COMPLETED,
    ack_policy: 'explicit',
    ack_wait: 2_000_000_000,
    max_deliver: -1,
    max_ack_pending: 1600,
  }
  const request = JSON.stringify({ stream_name: RECORDS_STREAM, config })
  await nc.request(`$JS.API.CONSUMER.DURABLE.CREATE.${RECORDS_STREAM}.${LOGGER_CONSUMER}`, request)
}

async function isDrained(nc: NatsConnection): Promise<boolean> {
  const reply = await nc.request(`$JS.API.CONSUMER.INFO.${RECORDS_STREAM}.${LOGGER_CONSUMER}`)
  const { num_pending, num_ack_pending } = reply.json<{ num_pending: number; num_ack_pending: number }>()
  return num_pending === 0 && num_ack_pending === 0
}
