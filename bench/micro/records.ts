import { randomUUIDv7 } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startNats } from '@lectern/local/servers/nats.ts'
import { startPostgres } from '@lectern/local/servers/postgres.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { LOGGER_CONSUMER, RECORD_COMPLETED, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { ensureStreams } from '@lectern/shared/nats/streams.ts'
import { createSchemas } from '@lectern/shared/testing/servers.ts'
import pg from 'pg'
import { pin, pinning } from '../machine/pin.ts'
import { cpuTimesMs, peakMemoryKb } from '../machine/processes.ts'
import { optionOf } from '../options.ts'
import { verdictOf } from '../report/verdict.ts'
import { startService } from './service.ts'

/** Records of 2 kB through JetStream into Postgres, which keeps its promise of durability (fsync) here. */

const PASSWORD = 'bench'
/** Records a second that one core should store. */
const LEAST = 10_000
/** After so many the stream is asked whether it has them: the bus would otherwise keep what it cannot write yet in memory. */
const WINDOW = 500

interface System {
  nc: NatsConnection
  client: pg.Client
  pids: { logger: number; postgres: number; nats: number }
  texts: string[]
}

interface Run {
  records: number
  seconds: number
  mostWaiting: number
  cpuMs: Record<string, number>
}

/** `--records=100000 --rate=10000 --seconds=12 --large=300`: as fast as they come, then at a fixed rate; after each the index. */
export async function records(args: string[], say: (line: string) => void): Promise<string> {
  const number = (name: string, otherwise: number) => Number(optionOf(args, name) ?? otherwise)
  const [count, rate, seconds] = [number('records', 100_000), number('rate', 10_000), number('seconds', 12)]
  await using closing = new AsyncDisposableStack()
  const system = await startSystem(closing)
  say('warming up')
  await send(system, 5000, Number.POSITIVE_INFINITY)
  await indexed(system)
  const flood = await send(system, count, Number.POSITIVE_INFINITY)
  say(`as fast as they come: ${perSecond(flood)} a second`)
  const first = await indexed(system)
  say(`indexed: ${perSecond(first)} a second`)
  const steady = await send(system, rate * seconds, rate)
  say(`at ${rate} a second: ${steady.mostWaiting} waiting at most`)
  const second = await indexed(system)
  const memoryMib = peakMib(system.pids.logger)
  const large = await sendLarge(system, number('large', 300))
  const rows = [
    row('as fast as they come', flood),
    row(`${seconds} s at ${rate.toLocaleString('en')} a second`, steady),
    row('the search index, after the first', first),
    row('the search index, after the second', second),
    row('of a megabyte each', large),
  ]
  return [
    `${pinning('Logger and Postgres share', 'NATS and the load')} ` +
      `Records of ${messageOf(system.texts, 0).length.toLocaleString('en')} bytes. ` +
      `Peak memory of the logger: ${memoryMib} MiB, with the large ones ${peakMib(system.pids.logger)} MiB.`,
    `As fast as they come, at least ${LEAST.toLocaleString('en')} records/s: ${verdictOf(flood.records / flood.seconds, { least: LEAST })}.`,
    '',
    '| | records | records/s | most waiting | CPU logger | CPU Postgres | CPU NATS |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...rows,
    '',
  ].join('\n')
}

async function startSystem(closing: AsyncDisposableStack): Promise<System> {
  const home = await mkdtemp(join(tmpdir(), 'lectern-bench-'))
  closing.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))
  const nats = await startNats({ dir: join(home, 'nats') })
  closing.defer(() => nats.stop())
  const postgres = await startPostgres({ dir: join(home, 'postgres') })
  closing.defer(() => postgres.stop())
  pin(nats.pid, 'load')
  pin(postgres.pid, 'measured')
  // This process is the load, and measures other things afterwards.
  pin(process.pid, 'load')
  closing.defer(() => pin(process.pid, 'all'))

  const client = new pg.Client(postgres.url)
  await client.connect()
  closing.defer(() => client.end())
  await client.query(`CREATE ROLE lectern_logger LOGIN PASSWORD '${PASSWORD}'`)
  const migrations = new URL('../../services/logger/prisma/migrations', import.meta.url)
  await createSchemas(postgres.url, [{ schema: 'logs', migrations }])
  const nc = await connectBus({ url: nats.url, service: 'bench', log: createLog('bench', 'silent') })
  closing.defer(() => nc.close())
  await ensureStreams(nc)

  const database = new URL(postgres.url)
  Object.assign(database, { username: 'lectern_logger', password: PASSWORD })
  const env = { NATS_URL: nats.url, DATABASE_URL: database.href }
  const logger = await startService('logger', env, { dir: home, closing })
  pin(logger, 'measured')
  const texts = await readTexts()
  return { nc, client, pids: { logger, postgres: postgres.pid, nats: nats.pid }, texts }
}

/** Sentences of this repository's own documents, in the languages that they have. */
async function readTexts(): Promise<string[]> {
  const names = ['README.md', 'README.zh-CN.md', 'ARCHITECTURE.md', 'docs/runbook.md', 'docs/deployment.md']
  const files = await Promise.all(
    names.map(name => readFile(new URL(`../../${name}`, import.meta.url), 'utf8')),
  )
  return files.flatMap(text => text.split(/(?<=[.!?。])\s*|\n+/)).filter(sentence => sentence.length > 20)
}

const RECORD: Omit<ConversationRecord, 'id' | 'messages' | 'answers' | 'startedAtMs'> = {
  v: 1,
  courseId: 'cs101',
  studentId: 'student-4711',
  week: 3,
  endpoint: '/v1/chat/completions',
  stream: true,
  model: 'small',
  provider: 'demo',
  providerModel: 'demo-small',
  parameters: { temperature: 0.5 },
  usage: { inputTokens: 120, outputTokens: 190, cachedTokens: 0, source: 'provider' },
  chargeTokens: 310,
  paidBy: 'course',
  cached: false,
  outcome: 'completed',
  errorCode: null,
  firstTokenMs: 312.5,
  totalMs: 1840.25,
  promptVersionId: 'a-version',
  promptVersion: 7,
  ruleHits: [],
  traceId: null,
}
const RECORD_BYTES = 2000

/** A record as a gateway publishes it, with words of its own. */
function messageOf(texts: string[], index: number): Uint8Array {
  const record = (question: string, text: string): ConversationRecord => ({
    ...RECORD,
    id: randomUUIDv7(),
    courseId: `course-${index % 20}`,
    studentId: `student-${index % 2000}`,
    startedAtMs: Date.now() - 2000,
    messages: [{ role: 'user', content: question }],
    answers: [{ text, toolCalls: [], finishReason: 'stop' }],
  })
  const sentence = (place: number) =>
    texts[(Math.imul(index * 31 + place, 2654435761) >>> 0) % texts.length] ?? ''
  let answer = ''
  const room = RECORD_BYTES - Buffer.byteLength(JSON.stringify(record(sentence(0), '')))
  for (let place = 1; answer.length < room; place++) answer += `${sentence(place)} `
  const body = Buffer.from(answer)
    .subarray(0, room)
    .toString()
    .replace(/\ufffd+$/, '')
  return Buffer.from(JSON.stringify(record(sentence(0), body)))
}

/** Publishes records and waits until all of them are committed and acknowledged. */
async function send({ nc, pids, texts }: System, count: number, rate: number): Promise<Run> {
  const before = cpuTimesMs(pids)
  const beganMs = performance.now()
  let mostWaiting = 0
  for (let sent = 0; sent < count; ) {
    const early = sent / rate - (performance.now() - beganMs) / 1000
    if (early > 0) await delay(early * 1000)
    for (let place = 1; place < WINDOW; place++) nc.publish(RECORD_COMPLETED, messageOf(texts, sent++))
    await nc.request(RECORD_COMPLETED, messageOf(texts, sent++), { timeout: 30_000 })
    if (sent % (WINDOW * 10) === 0) mostWaiting = Math.max(mostWaiting, await waiting(nc))
  }
  for (let left = await waiting(nc); left > 0; left = await waiting(nc)) await delay(20)
  return {
    records: count,
    seconds: (performance.now() - beganMs) / 1000,
    mostWaiting,
    cpuMs: since(before, pids),
  }
}

async function sendLarge({ nc, pids }: System, count: number): Promise<Run> {
  const before = cpuTimesMs(pids)
  const beganMs = performance.now()
  for (let sent = 0; sent < count; sent++) {
    const messages = [{ role: 'user', content: String.fromCharCode(97 + (sent % 26)).repeat(1_000_000) }]
    const record = { ...RECORD, id: randomUUIDv7(), startedAtMs: Date.now(), messages, answers: [] }
    await nc.request(RECORD_COMPLETED, JSON.stringify(record), { timeout: 30_000 })
  }
  for (let left = await waiting(nc); left > 0; left = await waiting(nc)) await delay(20)
  const seconds = (performance.now() - beganMs) / 1000
  return { records: count, seconds, mostWaiting: 0, cpuMs: since(before, pids) }
}

const since = (before: Record<string, number>, pids: Record<string, number>) =>
  Object.fromEntries(Object.entries(cpuTimesMs(pids)).map(([name, ms]) => [name, ms - (before[name] ?? 0)]))

async function waiting(nc: NatsConnection): Promise<number> {
  const reply = await nc.request(`$JS.API.CONSUMER.INFO.${RECORDS_STREAM}.${LOGGER_CONSUMER}`)
  const { num_pending = 0, num_ack_pending = 0 } = reply.json<Record<string, number>>()
  return num_pending + num_ack_pending
}

/** Waits until the search index has what was stored. */
async function indexed({ client, pids }: System): Promise<Run> {
  const before = cpuTimesMs(pids)
  const beganMs = performance.now()
  const left = async () => {
    const { rows } = await client.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM logs.records WHERE NOT indexed',
    )
    return rows[0]?.n ?? 0
  }
  const count = await left()
  // Counting is work for Postgres as well.
  while ((await left()) > 0) await delay(1000)
  return {
    records: count,
    seconds: (performance.now() - beganMs) / 1000,
    mostWaiting: count,
    cpuMs: since(before, pids),
  }
}

const peakMib = (pid: number) => Math.round(peakMemoryKb(pid) / 1024)

const perSecond = ({ records, seconds }: Run) => Math.round(records / seconds).toLocaleString('en')

function row(title: string, run: Run): string {
  const cpu = Object.values(run.cpuMs).map(ms => `${((ms / run.records) * 1000).toFixed(0)} µs`)
  return `| ${title} | ${run.records.toLocaleString('en')} | ${perSecond(run)} | ${run.mostWaiting.toLocaleString('en')} | ${cpu.join(' | ')} |`
}
