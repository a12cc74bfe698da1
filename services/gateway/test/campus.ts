import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DemoProvider, startDemoProvider } from '@lectern/demo-provider/server.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { PROMPTS_CHANGED, RECORD_COMPLETED, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { mintKey } from '@lectern/shared/keys.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { ensureStreams } from '@lectern/shared/nats/streams.ts'
import { startTestServers, type TestServer } from '@lectern/shared/testing/servers.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import { jetstreamManager } from '@nats-io/jetstream'
import OpenAI from 'openai'
import type { Test } from 'tap'
import { Config } from '../src/config.ts'
import { type RunningGateway, startGateway } from '../src/service.ts'
import { type Asked, answerAsStaff, type Staff, usualStaff } from './staff.ts'

export const COURSE = 'demo'
export const MODEL = 'lectern-demo'

export interface StoredRecord {
  record: ConversationRecord
  headers: Record<string, string>
}

/** A gateway with everything it speaks to: a real bus, a demo provider, and responders that speak the contracts. */
export interface Campus {
  url: string
  gateway: RunningGateway & { stop(): Promise<void> }
  client: OpenAI
  key: string
  /** A key of a trial account of the staff. */
  trialKey: string
  provider: DemoProvider
  nats: TestServer
  bus: NatsConnection
  staff: Staff
  asked: Asked
  spoolDir: string
  env: Record<string, string>
  changePrompts(): Promise<void>
  /** All records on the bus, oldest first. */
  records(): Promise<StoredRecord[]>
  /** Waits for so many records. */
  recordsOf(count: number): Promise<StoredRecord[]>
  spoolFiles(): Promise<string[]>
  /** One more gateway of the same campus. */
  anotherGateway(env?: Record<string, string>): Promise<RunningGateway & { stop(): Promise<void> }>
}

export interface CampusOptions {
  env?: Record<string, string>
  /** The providers file; by default one demo provider with one model. `demo` stands for its address. */
  providers?: (demo: string) => unknown
}

/** Starts a campus for one test file. */
export async function startCampus(
  t: Test,
  { env: given = {}, providers }: CampusOptions = {},
): Promise<Campus> {
  const home = await mkdtemp(join(tmpdir(), 'lectern-gateway-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const [{ nats }, provider] = await Promise.all([
    startTestServers(t, { nats: true }),
    startDemoProvider({ port: 0, firstTokenMs: 5, chunkMs: 2 }),
  ])
  t.teardown(() => provider.close())
  const log = createLog('test', process.env.LOG_LEVEL ?? 'silent')
  const bus = await connectBus({ url: nats.url, service: 'test', log })
  t.teardown(() => bus.close())
  await ensureStreams(bus)

  const { key } = mintKey(COURSE)
  const trial = mintKey(COURSE)
  const staff = usualStaff()
  const asked: Asked = { reserve: [], release: [], authenticate: 0, resolve: 0 }
  answerAsStaff(bus, { staff, asked, trialKeyHash: trial.hash, courseId: COURSE })

  const file = join(home, 'providers.json')
  const demo = `${provider.url}/v1`
  await writeFile(file, JSON.stringify(providers?.(demo) ?? demoProviders(demo)))
  const spoolDir = join(home, 'spool')
  const env = {
    NATS_URL: nats.url,
    PORT: '0',
    LECTERN_PROVIDERS: file,
    SPOOL_DIR: spoolDir,
    BUS_TIMEOUT_MS: '500',
    RECORD_ACK_TIMEOUT_MS: '500',
    ...given,
  }
  const anotherGateway = (more: Record<string, string> = {}) =>
    startTestService(t, startGateway, Config, { ...env, ...more })
  const gateway = await anotherGateway()
  const records = () => readRecords(bus)
  return {
    url: gateway.url,
    gateway,
    client: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 }),
    key,
    trialKey: trial.key,
    provider,
    nats,
    bus,
    staff,
    asked,
    spoolDir,
    env,
    async changePrompts() {
      bus.publish(PROMPTS_CHANGED, JSON.stringify({ courseId: COURSE }))
      await bus.flush()
    },
    records,
    recordsOf: count =>
      until(async () => {
        // The test's own connection may be away, too.
        const found = await records().catch(() => [])
        return found.length >= count ? found : null
      }),
    spoolFiles: () => readdir(spoolDir),
    anotherGateway,
  }
}

/** One demo provider with one model. */
export function demoProviders(baseUrl: string) {
  return {
    providers: [{ name: 'demo', kind: 'openai', baseUrl, models: [{ name: MODEL, model: 'demo-small' }] }],
  }
}

/** Asks again and again until there is something. */
export async function until<T>(
  ask: () => Promise<T | null | false> | T | null | false,
  timeoutMs = 8000,
): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    const found = await ask()
    if (found) return found
    if (performance.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${ask}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

async function readRecords(bus: NatsConnection): Promise<StoredRecord[]> {
  const { streams } = await jetstreamManager(bus, { timeout: 1000 })
  const { state } = await streams.info(RECORDS_STREAM)
  const found: StoredRecord[] = []
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
    const message = await streams.getMessage(RECORDS_STREAM, { seq })
    if (message?.subject !== RECORD_COMPLETED) continue
    const headers = Object.fromEntries(
      [...message.header.keys()].map(name => [name, message.header.get(name)]),
    )
    found.push({ record: message.json<ConversationRecord>(), headers })
  }
  return found
}
