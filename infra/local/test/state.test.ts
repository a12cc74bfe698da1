import { readdirSync, readFileSync, statSync } from 'node:fs'
import t from 'tap'
import { loadSecrets } from '../src/secrets.ts'
import { type Demo, DemoFile } from '../src/state.ts'

const DEMO: Demo = {
  gatewayUrl: 'http://127.0.0.1:8080',
  consoleUrl: 'http://127.0.0.1:8081',
  opsUrls: { gateway: 'http://127.0.0.1:8082' },
  adminToken: 'admin',
  setupUrl: null,
  course: { id: 'demo' },
  students: [{ id: '1', name: 'Ada', key: 'ln_1' }],
  natsUrl: 'nats://127.0.0.1:4222',
  redisUrl: 'redis://127.0.0.1:6379',
  databaseUrl: 'postgresql://127.0.0.1:5432/lectern',
  pids: { gateway: 1 },
}

t.test('demo.json is true: nothing before all is ready, then what is so, for its owner only', async t => {
  const home = t.testdir({ 'demo.json': '{"pids":{"gateway":99}}' })
  const read = () => JSON.parse(readFileSync(`${home}/demo.json`, 'utf8'))
  const file = new DemoFile(home)
  await file.update({ gateway: 1 })
  t.throws(read, { code: 'ENOENT' })
  await file.publish(DEMO)
  t.same(read(), DEMO)
  t.equal(statSync(file.path).mode & 0o777, 0o600)
  await Promise.all([2, 3, 4].map(pid => file.update({ gateway: pid })))
  t.same(read(), { ...DEMO, pids: { gateway: 4 } })
  t.same(readdirSync(home), ['demo.json'], 'and no half-written file stays')
})

t.test('secrets are made once, kept, and for their owner only', async t => {
  const home = t.testdir()
  const secrets = await loadSecrets(home)
  t.same(await loadSecrets(home), secrets)
  t.equal(statSync(`${home}/secrets.json`).mode & 0o777, 0o600)
  const values = [secrets.adminToken, ...Object.values(secrets.database), ...Object.values(secrets.nats)]
  t.equal(new Set(values).size, values.length)
  t.ok(values.every(value => /^[a-z0-9_]{40,}$/.test(value)))
})

t.test('secrets that cannot be read are not silently replaced', async t => {
  await t.rejects(loadSecrets(t.testdir({ 'secrets.json': '{"adminTok' })), {
    message: /secrets.json cannot be read/,
  })
})
