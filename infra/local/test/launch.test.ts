import { once } from 'node:events'
import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../src/ports.ts'
import type { Demo } from '../src/state.ts'
import { launchLectern } from '../src/testing.ts'
import { runs, until } from './scripted.ts'

// The whole system, as `npm start` runs it.

const home = await mkdtemp(join(tmpdir(), 'lectern-launch-'))
t.teardown(() => rm(home, { recursive: true, force: true }))
const env = { LECTERN_HOME: home }
const PROCESSES = [
  'postgres',
  'redis',
  'nats',
  'demo-provider',
  'quota',
  'prompts',
  'logger',
  'gateway',
  'console',
]

async function ask(demo: Demo, key: string | undefined): Promise<{ status: number; answer: string }> {
  const messages = [{ role: 'user', content: 'Hello' }]
  const response = await fetch(`${demo.gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'lectern-demo', stream: true, messages }),
  })
  return { status: response.status, answer: await response.text() }
}

let firstDemo: Demo | undefined

t.test('the first start: everything runs, a student is answered, a killed service comes back', async t => {
  const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
  const lectern = await launchLectern({ env: { ...env, ...collector }, args: ['--trace'] })
  const { demo } = lectern
  firstDemo = demo
  t.teardown(() => lectern.stop())

  t.same(Object.keys(demo.pids).sort(), PROCESSES.toSorted())
  t.ok(Object.values(demo.pids).every(runs))
  t.equal(statSync(join(home, 'demo.json')).mode & 0o777, 0o600)
  t.equal(demo.students.length, 3)
  t.match(lectern.output(), `${demo.gatewayUrl}/v1`)
  t.match(demo.setupUrl, new RegExp(`^${demo.consoleUrl}/setup#[\\w-]{43}$`))
  t.match(lectern.output(), demo.setupUrl, 'the first sign-in')
  for (const { key } of demo.students) t.match(lectern.output(), key)

  t.match(await ask(demo, demo.students[0]?.key), { status: 200, answer: /data: \[DONE\]/ })

  t.match(lectern.output(), '--trace goes before your OTEL_* variables: http://127.0.0.1:9 gets no spans')
  await until(() => lectern.output().includes('⇠ linked: process logger-records'), 30_000)
  t.match(
    lectern.output(),
    /trace [0-9a-f]{32} .*\nPOST \/v1\/chat\/completions {2}gateway {2}200, completed, .*\n├─ /,
  )

  const { quota = 0 } = demo.pids
  process.kill(quota, 'SIGKILL')
  await until(() => lectern.output().includes('quota runs again'), 30_000)
  t.match(lectern.output(), /quota stopped: killed by SIGKILL/)
  const { pids } = await lectern.refresh()
  t.not(pids.quota, quota)
  t.ok(runs(pids.quota ?? 0))
  t.equal((await ask(demo, demo.students[1]?.key)).status, 200)

  t.equal(await lectern.stop(), 0)
  t.notOk(Object.values(pids).some(runs), 'nothing is left behind')
  t.same((await lectern.refresh()).pids, {})
})

t.test('the second start has the same keys, and clears away what a killed one left', async t => {
  const killed = await launchLectern({ env })
  process.kill(killed.pid, 'SIGKILL')
  await until(() => !runs(killed.pid))

  const lectern = await launchLectern({ env })
  t.teardown(() => lectern.stop())
  t.notOk(Object.values(killed.demo.pids).some(runs))
  t.same(lectern.demo.students, firstDemo?.students)
  t.equal(lectern.demo.adminToken, firstDemo?.adminToken)
  t.equal((await ask(lectern.demo, lectern.demo.students[0]?.key)).status, 200)

  const second = await launchLectern({ args: ['--no-demo'] })
  t.same(second.demo.students, [])
  t.ok(Object.values(lectern.demo.pids).every(runs), 'a copy beside it disturbs nothing')
  await second.stop()
})

t.test('a taken port is named, with the variable that changes it', async t => {
  const port = await freePort()
  const holder = createServer().listen(port, '127.0.0.1')
  await once(holder, 'listening')
  t.teardown(() => holder.close())
  const refused = { message: new RegExp(`ended with 1:\\n.*Port ${port} .* taken .* PORT=`, 's') }
  await t.rejects(launchLectern({ env: { PORT: String(port) } }), refused)
  await t.rejects(launchLectern({ env: { CONSOLE_PORT: String(port) } }), { message: /CONSOLE_PORT=/ })
})

t.test('a process that cannot live ends everything, with its reason', async t => {
  const file = join(home, 'broken.yaml')
  await t.rejects(launchLectern({ env: { LECTERN_PROVIDERS: file } }), { message: /broken.yaml/ })
})
