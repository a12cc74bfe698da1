import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { LOG_LEVEL_CHANGE } from '@lectern/shared/contracts/subjects.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { startTestServers } from '@lectern/shared/testing/servers.ts'
import t from 'tap'
import { MIGRATIONS } from './prompts.ts'

/** The service as a process of its own, traced as in production: tracing is loaded before anything else. */

const servers = await startTestServers(t, {
  nats: true,
  postgres: { schema: 'prompts', migrations: MIGRATIONS },
})

interface ReceivedSpan {
  name: string
  spanId: string
  parentSpanId?: string
}
const received: ReceivedSpan[] = []
const receiver = createServer(async (request, response) => {
  const { resourceSpans } = JSON.parse((await request.setEncoding('utf8').toArray()).join(''))
  for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) received.push(...spans)
  response.setHeader('content-type', 'application/json').end('{}')
}).listen(0, '127.0.0.1')
await once(receiver, 'listening')
t.teardown(() => {
  receiver.closeAllConnections()
  receiver.close()
})

interface Line {
  level: number
  msg: string
  instrumentation?: string
  opsPort?: number
}

/** Starts the service; `line` waits for the line of its log that fits. */
async function startProcess(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--import', '@lectern/shared/telemetry.ts', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {
      PATH: process.env.PATH,
      NATS_URL: servers.natsUrl,
      DATABASE_URL: servers.databaseUrl,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Line[] = []
  let changed = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', text => {
    lines.push(JSON.parse(text))
    changed.resolve()
    changed = Promise.withResolvers()
  })
  const line = async (fits: (line: Line) => boolean): Promise<Line> => {
    for (;;) {
      const found = lines.find(fits)
      if (found) return found
      await changed.promise
    }
  }
  const stop = async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  t.teardown(stop)
  const { opsPort } = await line(({ msg }) => msg === 'started')
  const scrape = async () => (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
  return { lines, line, stop, scrape }
}

const checked = (instrumentation: string) => (line: Line) =>
  line.instrumentation === instrumentation && /makes (no )?spans/.test(line.msg)

t.test('P9: a traced service proves after its start that each instrumentation makes spans', async t => {
  const service = await startProcess({ OTEL_TRACES_SAMPLER_ARG: '1' })
  for (const instrumentation of ['undici', 'pg']) {
    t.match(await service.line(checked(instrumentation)), { level: 30, msg: 'instrumentation makes spans' })
  }
  const numbers = await service.scrape()
  t.match(numbers, /^lectern_instrumentation_up\{instrumentation="undici"\} 1$/m)
  t.match(numbers, /^lectern_instrumentation_up\{instrumentation="pg"\} 1$/m)
  // Questions of the operator, which no request has caused.
  await service.scrape()
  await service.stop()
  const roots = received.filter(span => !span.parentSpanId)
  t.same(new Set(roots.map(({ name }) => name)), new Set(['self-check']), 'nothing else is a trace')
  const inside = received.filter(span => roots.some(root => root.spanId === span.parentSpanId))
  t.same(inside.map(({ name }) => name).toSorted(), ['GET', 'pg.query:SELECT lectern'])
  t.equal(received.length, roots.length + inside.length, 'no orphans')
})

t.test('P9: an instrumentation that makes no spans is an error by its name, whatever is kept', async t => {
  received.length = 0
  const service = await startProcess({
    OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg',
    OTEL_TRACES_SAMPLER_ARG: '0',
  })
  t.match(await service.line(checked('pg')), { level: 50, msg: 'instrumentation makes no spans: pg' })
  t.match(await service.line(checked('undici')), { level: 30 })
  const numbers = await service.scrape()
  t.match(numbers, /^lectern_instrumentation_up\{instrumentation="pg"\} 0$/m)
  t.match(numbers, /^lectern_instrumentation_up\{instrumentation="undici"\} 1$/m)
  await service.stop()
  t.same(
    received.map(({ name }) => name).toSorted(),
    ['GET', 'self-check', 'self-check'],
    'also where no trace of a request is kept',
  )
})

t.test("P9: a sampler of the operator's that keeps nothing is no fault of an instrumentation", async t => {
  received.length = 0
  const service = await startProcess({ OTEL_TRACES_SAMPLER: 'always_off' })
  for (const instrumentation of ['undici', 'pg']) {
    t.match(await service.line(checked(instrumentation)), { level: 30, msg: 'instrumentation makes spans' })
  }
  await service.stop()
  t.same(received, [])
})

t.test('P11: what cannot be tried yet is no error, and tried again', async t => {
  await servers.postgres.stop()
  const service = await startProcess({ OTEL_TRACES_SAMPLER_ARG: '0' })
  t.match(await service.line(({ msg }) => msg.includes('could not be tried')), {
    level: 40,
    instrumentation: 'pg',
  })
  t.notMatch(await service.scrape(), /instrumentation="pg"/)
  await servers.postgres.start()
  t.match(await service.line(checked('pg')), { level: 30 })
  await service.stop()
})

t.test('P11: a collector that is away is said once, and hinders nobody', async t => {
  const service = await startProcess({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_TRACES_SAMPLER_ARG: '1',
  })
  const isLoss = ({ msg }: Line) => msg === 'tracing: the SDK complains, spans may be lost'
  t.match(await service.line(isLoss), { level: 40, reason: /ECONNREFUSED|refused|Timeout|fetch/i })
  t.match(await service.line(checked('pg')), { level: 30 })
  await service.stop()
  t.equal(service.lines.filter(isLoss).length, 1)
})

t.test('without an endpoint nothing is traced and nothing is checked', async t => {
  const service = await startProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })
  t.notMatch(await service.scrape(), /instrumentation_up\{/)
  t.notOk(service.lines.some(({ instrumentation }) => instrumentation))
  await service.stop()
})

t.test('a service of that name hears how much it should log, and goes back when it is told so', async t => {
  const service = await startProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: '', LOG_LEVEL: 'info' })
  const nc = await connectBus({ url: servers.natsUrl, service: 'test', log: createLog('test', 'silent') })
  t.teardown(() => nc.close())
  const say = (level: string, minutes: number) =>
    nc.publish(LOG_LEVEL_CHANGE, JSON.stringify({ service: 'prompts', level, minutes }))
  say('trace', 5)
  t.match(await service.line(({ msg }) => msg === 'log level: changed'), { level: 10 })
  say('trace', 0)
  t.match(await service.line(({ msg }) => msg === 'log level: as configured again'), { level: 30 })
  await service.stop()
})
