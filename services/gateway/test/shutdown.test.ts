import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { startCampus, until } from './campus.ts'
import { eventsOf, postChat, readChunks } from './http.ts'

const campus = await startCampus(t)
await (await postChat(campus, 'warm')).text()

t.test('P11: running streams finish within the grace period, and nobody new gets in', async t => {
  const gateway = await campus.anotherGateway({ SHUTDOWN_GRACE_MS: '5000' })
  const at = { url: gateway.url, key: campus.key }
  const running = await Promise.all([1, 2, 3].map(() => postChat(at, '[[demo: gap=50 tokens=20]]')))
  const stopped = gateway.stop()
  await new Promise(resolve => setTimeout(resolve, 100))
  const late = await postChat(at, 'hi').catch((error: Error) => error)
  t.ok(late instanceof Error, 'the port is closed')
  for (const response of running) t.equal(eventsOf(await response.text()).at(-1), '[DONE]')
  await stopped
})

t.test('P2 P3: what lasts longer is ended with a word, charged and recorded', async t => {
  const gateway = await campus.anotherGateway({ SHUTDOWN_GRACE_MS: '200' })
  const at = { url: gateway.url, key: campus.key }
  const before = (await campus.records()).length
  const running = await postChat(at, '[[demo: gap=50 tokens=500]]')
  const silent = postChat(at, '[[demo: hang=headers]]')
  await until(() => campus.provider.requests.filter(request => !request.endedAt).length === 2)
  const reading = readChunks(running)
  const startedAt = performance.now()
  await gateway.stop()
  t.ok(performance.now() - startedAt < 3000)
  const { text, broken } = await reading
  t.notOk(broken)
  t.match(JSON.parse(eventsOf(text).at(-1) ?? ''), { error: { code: 'service_unavailable' } })
  t.equal((await silent).status, 503)
  const records = (await campus.records()).slice(before).map(({ record }) => record)
  t.same(records.map(record => record.outcome).sort(), ['upstream_cut', 'upstream_failed'])
  t.ok((records.find(record => record.outcome === 'upstream_cut')?.chargeTokens ?? 0) > 0)
  t.equal(campus.provider.requests.filter(request => !request.endedAt).length, 0, 'upstream is aborted')
})

t.test('SIGTERM ends the process in order', async t => {
  const child = spawn(process.execPath, [new URL('../src/main.ts', import.meta.url).pathname], {
    env: { ...process.env, ...campus.env, PORT: '0', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let log = ''
  child.stdout.on('data', data => {
    log += data
  })
  const url = await until(() => /listening at (http:\/\/[\d.:]+)/.exec(log)?.[1] ?? null)
  const response = await postChat({ url, key: campus.key }, '[[demo: gap=30 tokens=20]]')
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  t.equal(eventsOf(await response.text()).at(-1), '[DONE]')
  const startedAt = performance.now()
  t.same(await exited, [0, null])
  t.ok(performance.now() - startedAt < 2000)
})

t.test('a taken port is named with the variable that changes it', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  await t.rejects(campus.anotherGateway({ PORT: String(port) }), {
    message: new RegExp(`Port ${port} .*set PORT`),
  })
})
