import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DemoProvider, startDemoProvider } from '@lectern/demo-provider/server.ts'
import { tokensToHold } from '@lectern/shared/charge.ts'
import type { ReplyOf, RequestOf } from '@lectern/shared/contracts/call.ts'
import { type Policy, ResolveCall } from '@lectern/shared/contracts/prompts.ts'
import {
  type AnswerCaching,
  AuthenticateCall,
  OwnBalanceCall,
  type OwnKey,
  type RateLimits,
  ReleaseCall,
  ReserveCall,
  type Weights,
} from '@lectern/shared/contracts/quota.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { PROMPTS_CHANGED, RECORD_COMPLETED, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { mintKey } from '@lectern/shared/keys.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import { ensureStreams } from '@lectern/shared/nats/streams.ts'
import { startTestServers, type TestServer } from '@lectern/shared/testing/servers.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import { jetstreamManager } from '@nats-io/jetstream'
import OpenAI from 'openai'
import type { Test } from 'tap'
import { Config } from '../src/config.ts'
import { type RunningGateway, startGateway } from '../src/service.ts'

export const COURSE = 'demo'
export const MODEL = 'lectern-demo'

type Denied = Extract<ReplyOf<typeof ReserveCall>, { granted: false }>

/** What the small quota and prompts services of a test say; a test changes it as it goes. */
export interface Staff {
  deny: Denied | null
  week: number
  /** The week that `authenticate` names, when it lags behind the reservations. */
  hintedWeek: number | null
  known: boolean
  maxOutputTokens: number | null
  /** Tokens left in the week; null: more than enough. Decided as quota does. */
  left: number | null
  /** Tokens held by other requests. */
  held: number
  weights: Weights
  rateLimits: RateLimits
  models: string[]
  /** Null: no answer is given again. */
  answerCache: AnswerCaching | null
  /** Null: the course pays. */
  ownKey: OwnKey | null
  policy: Omit<Policy, 'courseId' | 'week'>
  /** Reservations are answered only after this. */
  beforeReserve: () => Promise<void>
  beforeResolve: () => Promise<void>
}

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
  provider: DemoProvider
  nats: TestServer
  bus: NatsConnection
  staff: Staff
  asked: {
    reserve: RequestOf<typeof ReserveCall>[]
    release: string[]
    authenticate: number
    resolve: number
  }
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
  const staff = usualStaff()
  const asked: Campus['asked'] = { reserve: [], release: [], authenticate: 0, resolve: 0 }
  answerAsStaff(bus, staff, asked)

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

function usualStaff(): Staff {
  return {
    deny: null,
    week: 3,
    hintedWeek: null,
    known: true,
    maxOutputTokens: null,
    left: null,
    held: 5,
    weights: { input: 1000, cachedInput: 1000, output: 1000 },
    rateLimits: {
      requestsPerMinute: 60,
      requestsRemaining: 59,
      requestsResetMs: 1000,
      tokensPerMinute: null,
      tokensRemaining: null,
      tokensResetMs: null,
    },
    models: [],
    answerCache: null,
    ownKey: null,
    policy: { prompt: { id: 'p1', version: 1, text: 'Be kind.' }, rules: [] },
    beforeReserve: async () => {},
    beforeResolve: async () => {},
  }
}

const GRANTED = 100_000
const USEFUL_OUTPUT = 16
const INSUFFICIENT = { granted: false, reason: 'insufficient_quota', retryAfterMs: null } as const
const RESETS_AT_MS = Date.UTC(2026, 10, 30)

function answerAsStaff(bus: NatsConnection, staff: Staff, asked: Campus['asked']): void {
  const log = createLog('staff', 'silent')
  const responder = createResponder(bus, { queue: 'staff', log })
  const whose = { studentId: 'ada', courseId: COURSE }
  responder.on(AuthenticateCall, async () => {
    asked.authenticate += 1
    if (!staff.known) return { known: false as const }
    const week = staff.hintedWeek ?? staff.week
    return { known: true as const, ...whose, week, defaultMaxTokens: 500, models: staff.models }
  })
  responder.on(ReserveCall, async request => {
    asked.reserve.push(request)
    await staff.beforeReserve()
    if (staff.deny) return staff.deny
    const wanted = request.maxOutputTokens ?? 500
    const { left, rateLimits } = staff
    const fitting = left === null ? wanted : Math.floor((left - request.inputTokens) / request.choices)
    if (fitting < (request.lowerOutput ? Math.min(wanted, USEFUL_OUTPUT) : wanted)) {
      return { ...INSUFFICIENT, remaining: left, held: staff.held, resetsAtMs: RESETS_AT_MS, rateLimits }
    }
    const maxOutputTokens = Math.min(wanted, staff.maxOutputTokens ?? wanted, fitting)
    const tokensHeld = tokensToHold({ ...request, maxOutputTokens }, staff.weights)
    return {
      granted: true as const,
      ...whose,
      week: staff.week,
      tokensHeld,
      maxOutputTokens,
      outputLowered: maxOutputTokens < wanted,
      remaining: (left ?? GRANTED) - tokensHeld,
      resetsAtMs: RESETS_AT_MS,
      weights: staff.weights,
      rateLimits,
      ...(staff.ownKey ? { ownKey: staff.ownKey } : {}),
      ...(staff.answerCache ? { answerCache: staff.answerCache } : {}),
    }
  })
  responder.on(ReleaseCall, async ({ reservationId }) => {
    asked.release.push(reservationId)
    return { released: true }
  })
  responder.on(OwnBalanceCall, async () => {
    if (!staff.known) return { known: false as const, reason: 'invalid_api_key' as const }
    const { held } = staff
    const remaining = staff.left ?? GRANTED - 10 - held
    const sums = { granted: GRANTED, used: GRANTED - held - remaining, held, remaining }
    return {
      known: true as const,
      balance: { ...whose, week: staff.week, ...sums, resetsAtMs: RESETS_AT_MS },
    }
  })
  responder.on(ResolveCall, async ({ courseId, week }) => {
    asked.resolve += 1
    const { policy } = staff
    await staff.beforeResolve()
    if (!policy) throw new LecternError('service_unavailable')
    return { courseId, week, ...policy }
  })
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
