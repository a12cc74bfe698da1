import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { readConfig } from '@lectern/shared/config.ts'
import { ListCoursesCall } from '@lectern/shared/contracts/courses.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import t from 'tap'
import { Config } from '../src/config.ts'
import { startService } from '../src/service.ts'
import { clientOf, startConsole, TOKEN, until } from './lectern.ts'

const environment = { NATS_URL: 'nats://127.0.0.1:1', ADMIN_TOKEN: TOKEN }

t.test('the environment: defaults, and every fault at once', async t => {
  const config = readConfig(Config, environment)
  t.equal(config.PORT, 8081)
  t.equal(config.GATEWAY_URL, undefined)
  try {
    readConfig(Config, { PORT: '99999', ADMIN_TOKEN: 'short', GATEWAY_URL: 'localhost:8080' })
    t.fail('must refuse')
  } catch (error) {
    t.match(error, { faults: [/^NATS_URL is missing/, /^PORT/, /^ADMIN_TOKEN/, /^GATEWAY_URL/] })
    t.notMatch(String(error), /short\b/, 'the token itself is not shown')
  }
})

t.test('a taken port is an error that names the port and its variable', async t => {
  const { servers, url } = await startConsole(t)
  const { port } = new URL(url)
  const again = startTestService(t, startService, Config, {
    ...environment,
    NATS_URL: servers.natsUrl,
    PORT: port,
  })
  await t.rejects(again, {
    message: `port ${port} of 127.0.0.1 is taken: choose another one with the variable PORT`,
  })
})

t.test('P11: without its bus the console says so, and works again by itself', async t => {
  const { servers, api } = await startConsole(t)
  await servers.nats.stop()
  const state = async () => (await api<{ status: string }>('GET /readyz')).body.status
  await until(state, status => status === 'degraded')
  t.equal((await api('GET /healthz')).status, 200, 'it lives')
  const { status, headers } = await api('GET /api/courses')
  t.equal(status, 503)
  t.equal(headers.get('retry-after'), '1')
  await servers.nats.start()
  await until(state, status => status === 'ready')
})

t.test('stopping does not wait for idle or silent connections beyond the grace period', async t => {
  const { url, stop } = await startConsole(t)
  const { hostname, port } = new URL(url)
  await clientOf(url)('GET /healthz')
  const silent = connect(Number(port), hostname)
  silent.on('error', () => {})
  await once(silent, 'connect')
  silent.write('POST /api/courses HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{')
  const startedMs = Date.now()
  await stop()
  t.ok(Date.now() - startedMs < 5000)
  await t.rejects(fetch(url))
  silent.destroy()
})

t.test('P11: asked to stop, it says so first, serves on, and ends when its calls have', async t => {
  const { servers } = await startConsole(t)
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  const { promise: mayAnswer, resolve: answerNow } = Promise.withResolvers<void>()
  const quota = await connectBus({ url: servers.natsUrl, service: 'quota', log: createLog('test', 'silent') })
  t.teardown(() => quota.close())
  quota.subscribe(ListCoursesCall.subject, {
    callback: (_, message) => {
      isAsked()
      void mayAnswer.then(() =>
        message.respond(JSON.stringify({ ok: true, data: { items: [], next: null } })),
      )
    },
  })
  await quota.flush()
  const { url, stop } = await startTestService(t, startService, Config, {
    ...environment,
    NATS_URL: servers.natsUrl,
    PORT: '0',
    DRAIN_DELAY_MS: '300',
    SHUTDOWN_GRACE_MS: '10000',
  })
  const api = clientOf(url)
  const early = api('GET /api/courses')
  await asked
  const startedMs = performance.now()
  const stopped = stop()
  const { status, headers } = await api('GET /readyz')
  t.equal(status, 503)
  t.equal(headers.get('connection'), 'close', 'the next request goes elsewhere')
  t.equal((await api('GET /healthz')).status, 200, 'who did not know yet is served')
  const closed = async () =>
    fetch(`${url}/healthz`).then(
      () => false,
      () => true,
    )
  await until(closed, Boolean)
  answerNow()
  t.equal((await early).status, 200, 'what had begun is answered')
  await stopped
  t.ok(performance.now() - startedMs < 5000, 'a connection that its client keeps open does not hold it up')
})

t.test('as a process: it starts, answers, and ends with code 0 on SIGTERM', async t => {
  const { servers } = await startConsole(t)
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env.PATH, NATS_URL: servers.natsUrl, ADMIN_TOKEN: TOKEN, PORT: '0' },
  })
  t.teardown(() => child.kill('SIGKILL'))
  let log = ''
  child.stdout.setEncoding('utf8').on('data', part => {
    log += part
  })
  const listening = () => /"url":"([^"]+)"/.exec(log)?.[1]
  await until(async () => listening() !== undefined && log.includes('"started"'), Boolean)
  t.equal((await clientOf(listening() ?? '')('GET /api/courses')).status, 503)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  t.notMatch(log, TOKEN)
})

t.test('a wrong environment refuses to start', async t => {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env.PATH },
  })
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  t.equal(code, 78)
  t.match(said, /NATS_URL is missing/)
  t.match(said, /ADMIN_TOKEN is missing/)
})
