import { fileURLToPath } from 'node:url'
import type { Clock } from '@lectern/shared/clock.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { HEADER, RECORD_COMPLETED } from '@lectern/shared/contracts/subjects.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { traceHeaders } from '@lectern/shared/nats/tracing.ts'
import { startTestServers, type Test } from '@lectern/shared/testing/servers.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import { Config as LoggerConfig } from '../../logger/src/config.ts'
import { startService as startLogger } from '../../logger/src/service.ts'
import { Config as PromptsConfig } from '../../prompts/src/config.ts'
import { startService as startPrompts } from '../../prompts/src/service.ts'
import { Config as QuotaConfig } from '../../quota/src/config.ts'
import { startService as startQuota } from '../../quota/src/service.ts'
import { Config } from '../src/config.ts'
import { startService } from '../src/service.ts'
import { type Api, clientOf, TOKEN } from './lectern.ts'

const USERS = ['ops', 'gateway', 'quota', 'prompts', 'logger', 'console'] as const
const PASSWORD = 'of-the-tests'

export interface Lectern {
  api: Api
  url: string
  /** The bus as the operator sees it: everything. */
  operator: NatsConnection
  databaseUrl: string
  /** The console's environment, for one more of it. */
  environment: Record<string, string>
  stopConsole(): Promise<void>
  stopQuota(): Promise<void>
  startQuota(): Promise<void>
}

/** Every service that the console asks, real, on real servers, each with its own user of the real `infra/nats.conf`. */
export async function startLectern(
  t: Test,
  { clock, console: settings = {} }: { clock?: Clock; console?: Record<string, string> } = {},
): Promise<Lectern> {
  const servers = await startTestServers(t, {
    nats: {
      config: fileURLToPath(new URL('../../../infra/nats.conf', import.meta.url)),
      env: Object.fromEntries(USERS.map(user => [`NATS_${user.toUpperCase()}_PASSWORD`, PASSWORD])),
    },
    redis: true,
    postgres: [schemaOf('quota', 'quota'), schemaOf('prompts', 'prompts'), schemaOf('logger', 'logs')],
  })
  const busUrl = (user: (typeof USERS)[number]) =>
    servers.natsUrl.replace('nats://', `nats://${user}:${PASSWORD}@`)
  const environment = (user: (typeof USERS)[number]) => ({
    NATS_URL: busUrl(user),
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
  })
  const startOneQuota = () =>
    startTestService(t, startQuota, QuotaConfig, environment('quota'), {
      name: 'quota',
      ...(clock ? { clock } : {}),
    })
  // One after the other: the first makes the streams, and nats-server has no room for two that make them at once.
  let quota = await startOneQuota()
  await startTestService(t, startLogger, LoggerConfig, environment('logger'), { name: 'logger' })
  await startTestService(t, startPrompts, PromptsConfig, environment('prompts'), { name: 'prompts' })
  const own = { NATS_URL: busUrl('console'), PORT: '0', ADMIN_TOKEN: TOKEN, ...settings }
  const { url, stop: stopConsole } = await startTestService(t, startService, Config, own)
  const operator = await connectBus({ url: busUrl('ops'), service: 'ops', log: createLog('ops', 'silent') })
  t.teardown(() => operator.close())
  return {
    url,
    api: clientOf(url),
    operator,
    databaseUrl: servers.databaseUrl,
    environment: own,
    stopConsole,
    stopQuota: () => quota.stop(),
    startQuota: async () => {
      quota = await startOneQuota()
    },
  }
}

function schemaOf(service: string, schema: string) {
  return { schema, migrations: new URL(`../../${service}/prisma/migrations`, import.meta.url) }
}

/** Publishes the record of one answered request, as the gateway does. */
export async function record(
  bus: NatsConnection,
  part: Pick<ConversationRecord, 'id' | 'courseId' | 'studentId' | 'week' | 'chargeTokens'> & {
    question: string
    answer: string
  } & Partial<ConversationRecord>,
): Promise<void> {
  const { question, answer, ...rest } = part
  const full: ConversationRecord = {
    v: 1,
    endpoint: '/v1/chat/completions',
    stream: true,
    model: 'demo-small',
    provider: 'demo',
    providerModel: 'demo-small',
    messages: [{ role: 'user', content: question }],
    parameters: {},
    answers: [{ text: answer, toolCalls: [], finishReason: 'stop' }],
    usage: { inputTokens: 10, outputTokens: part.chargeTokens - 10, cachedTokens: 0, source: 'provider' },
    outcome: 'completed',
    errorCode: null,
    startedAtMs: Date.now(),
    firstTokenMs: 12.5,
    totalMs: 80,
    promptVersionId: null,
    promptVersion: null,
    ruleHits: [],
    traceId: null,
    ...rest,
  }
  const headers = traceHeaders()
  headers.set('Nats-Msg-Id', full.id)
  headers.set(HEADER.reservation, full.id)
  headers.set(HEADER.course, full.courseId)
  headers.set(HEADER.student, full.studentId)
  headers.set(HEADER.week, String(full.week))
  headers.set(HEADER.end, 'settle')
  headers.set(HEADER.model, full.model)
  headers.set(HEADER.charge, String(full.chargeTokens))
  headers.set(HEADER.input, String(full.usage.inputTokens))
  headers.set(HEADER.output, String(full.usage.outputTokens))
  bus.publish(RECORD_COMPLETED, JSON.stringify(full), { headers })
  await bus.flush()
}
