import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { signInWithKey } from '../students-page.ts'
import { docker, obstacle } from './engine.ts'
import { buildImage, developersPackages, inside, inspectImage } from './image.ts'
import { install } from './installation.ts'
import { cpuMsInside, isHealthy, killInside } from './process.ts'
import { post, startTraffic } from './traffic.ts'
import { until } from './until.ts'

/** `npm run test:compose`: the real Dockerfile and docker-compose.yml, as an operator uses them. Minutes, and an engine. */

const reason = await obstacle()
if (reason) {
  process.stdout.write(`test:compose is skipped: ${reason}\n`)
  process.exit(0)
}
t.setTimeout(1_200_000)
const [OLD, NEW, BROKEN] = ['old', 'new', 'broken'].map(tag => `lectern-test:${tag}-${process.pid}`) as [
  string,
  string,
  string,
]
const SERVICES = ['gateway', 'quota', 'prompts', 'logger', 'console'] as const
/** Long enough for several answers of every worker. */
const WHILE_MS = 4000

await buildImage(OLD, '1.0.0')
await buildImage(NEW, '1.1.0')
const lectern = await install(OLD)
t.teardown(async () => {
  await lectern.remove()
  await docker('rmi', '--force', OLD, NEW, BROKEN)
})

const allHealthy = async () => (await lectern.containers(...SERVICES)).every(isHealthy)

/** The demo students, with the keys that the seed has printed. */
async function keysOfSeed(): Promise<string[]> {
  const printed = await lectern.compose('logs', 'seed')
  return [...new Set(printed.match(/\bln_\w+/g))]
}

async function staff(method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(lectern.consoleUrl + path, {
    method,
    headers: { authorization: `Bearer ${lectern.secrets.ADMIN_TOKEN}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
}

t.test('the image: small, nobody’s root, nothing of a developer, no secret', async t => {
  const { user, labels, sizeBytes, baseSizeBytes, packages } = await inspectImage(OLD)
  const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
  t.comment(`${mb(sizeBytes)}, of which ${mb(baseSizeBytes)} are Node's image; ${packages.size} packages`)
  t.equal(user, '1000:1000')
  t.match(labels, {
    'org.opencontainers.image.title': 'Lectern',
    'org.opencontainers.image.version': '1.0.0',
  })
  t.ok(packages.has('fastify') && packages.size > 100, 'the packages were found')
  t.same(developersPackages(packages), [])
  t.ok(sizeBytes - baseSizeBytes < 100e6, 'our part is below 100 MB')
  t.equal(
    await inside(OLD, 'find /lectern -name ".env*" -o -name "*.map" -o -name "*.d.ts" -o -writable'),
    '',
  )
  t.equal(await inside(OLD, 'find /lectern -name node_modules -prune -o -name "*.test.ts" -print'), '')
  const layers = (await docker('history', '--no-trunc', OLD)) + (await docker('image', 'inspect', OLD))
  t.same(
    Object.values(lectern.secrets).filter(secret => layers.includes(secret)),
    [],
  )
})

t.test('without passwords it refuses to start, and says what to do', async t => {
  await t.rejects(lectern.compose('--env-file', '/dev/null', 'config', '-q'), { message: /make-env\.sh/ })
})

let keys: string[] = []
t.test('up: in order, healthy, the demo course ready', async () => {
  await lectern.compose('up', '-d', '--no-build')
  await until('all services healthy', allHealthy)
  await until('the seed is done', async () => (await keysOfSeed()).length === 3)
  keys = await keysOfSeed()
  await staff('PATCH', '/api/courses/demo', {
    weeklyTokens: 100_000_000,
    requestsPerMinute: 100_000,
    parallelRequests: 100,
  })
})

t.test('P7: a streamed answer through the balancer, piece by piece', async t => {
  const content = '[[demo: tokens=8 first=200 gap=200]]'
  const response = await post(lectern.gatewayUrl, keys[0] ?? '', {
    stream: true,
    messages: [{ role: 'user', content }],
  })
  const pieces: string[] = []
  for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece).toString())
  t.ok(pieces.filter(piece => piece.includes('"content"')).length >= 8, 'each token came by itself')
  t.match(pieces.join(''), /data: \[DONE\]\n\n$/)
})

t.test('the pages: the link of the first sign-in, and a student’s chat', async t => {
  const log = await lectern.compose('logs', 'console')
  t.match(log, /"setupUrl":"http:\/\/127\.0\.0\.1:8081\/setup#[\w-]{43}"/)
  const page = await fetch(`${lectern.consoleUrl}/setup`, { headers: { accept: 'text/html' } })
  t.match(await page.text(), '<div id="root">', 'the pages are in the image')
  const chat = await signInWithKey(lectern.consoleUrl, keys[0] ?? '')
  const answer = await chat('lectern-demo', [{ role: 'user', content: 'hi' }])
  t.match(await answer.text(), /data: \[DONE\]\n\n$/)
})

t.test(
  'containers: limits, no rights, read-only, and only the balancer publishes ports, on this machine',
  async t => {
    const services = await lectern.containers(...SERVICES, 'demo-provider')
    t.equal(services.length, SERVICES.length + 1)
    for (const { Config, HostConfig } of services) {
      t.match(HostConfig, { ReadonlyRootfs: true, Privileged: false, CapDrop: ['ALL'] })
      t.match(HostConfig.SecurityOpt, ['no-new-privileges:true'])
      t.equal(Config.User, '1000:1000')
    }
    const all = await lectern.containers()
    t.ok(all.length > services.length + 3, 'with the servers')
    for (const { HostConfig } of all) {
      t.ok(HostConfig.Memory > 0, 'a limit of memory')
      t.equal(HostConfig.LogConfig.Config['max-size'], '20m', 'logs end')
    }
    const [balancer] = await lectern.containers('balancer')
    const published = all.flatMap(({ HostConfig }) => Object.values(HostConfig.PortBindings ?? {}).flat())
    t.same(published, Object.values(balancer?.HostConfig.PortBindings ?? {}).flat())
    t.same(
      published.map(({ HostIp }) => HostIp),
      ['127.0.0.1', '127.0.0.1'],
    )
  },
)

t.test('what the balancer says itself has the shape that clients know', async t => {
  await lectern.compose('stop', 'gateway')
  await until('the balancer has noticed', async () => (await fetch(lectern.gatewayUrl)).status === 503)
  const refused = await post(lectern.gatewayUrl, keys[0] ?? '', {})
  t.match(await refused.json(), { error: { code: 'service_unavailable', type: 'server_error' } })
  t.equal(refused.headers.get('retry-after'), '2')
  await lectern.compose('start', 'gateway')
  await until('it serves again', async () => (await fetch(`${lectern.gatewayUrl}/readyz`)).ok)
})

t.test('P11: without the bus, students get the gateway’s own clear answer', async t => {
  await lectern.compose('stop', 'nats')
  const question = { messages: [{ role: 'user', content: 'hi' }] }
  await until(
    'it is noticed',
    async () => (await post(lectern.gatewayUrl, keys[0] ?? '', question)).status === 503,
  )
  const refused = await post(lectern.gatewayUrl, keys[0] ?? '', question)
  t.ok(refused.headers.get('x-request-id'), 'a gateway answered, not the balancer')
  t.match(await refused.json(), { error: { code: 'service_unavailable' } })
  await lectern.compose('start', 'nats')
  await until('it serves again', async () => (await post(lectern.gatewayUrl, keys[0] ?? '', question)).ok)
  await until('all services healthy', allHealthy)
})

/** Every answer that came whole is on record once; settled and held agree with the ledger. */
async function booksAgree(t: Test, answered: string[]): Promise<void> {
  const ids = answered.map(id => `'${id}'`).join(',')
  const count = (table: string, column: string) =>
    lectern.sql(
      `SELECT count(*) || ' of ' || count(DISTINCT ${column}) FROM ${table} WHERE ${column} IN (${ids})`,
    )
  const expected = `${answered.length} of ${answered.length}`
  await until('every answer is kept once', async () => (await count('logs.records', 'id')) === expected)
  const settled = `quota.ledger_entries WHERE kind = 'settle' AND reservation_id IN (${ids})`
  await until('every answer is settled once', async () => {
    const rows = await lectern.sql(
      `SELECT count(*) || ' of ' || count(DISTINCT reservation_id) FROM ${settled}`,
    )
    return rows === expected
  })
  t.equal(
    await lectern.sql(`SELECT sum(charge_tokens) FROM logs.records WHERE id IN (${ids})`),
    await lectern.sql(`SELECT -sum(tokens) FROM ${settled}`),
    'records and ledger name the same charges',
  )
}

t.test('scaled to 3 gateways and 2 quotas, one of each killed under traffic', async t => {
  await lectern.compose(...'up -d --no-build --no-recreate --scale gateway=3 --scale quota=2'.split(' '))
  await until(
    'all services healthy',
    async () => (await lectern.containers('gateway')).length === 3 && allHealthy(),
  )
  const traffic = startTraffic({ gatewayUrl: lectern.gatewayUrl, keys })
  await delay(WHILE_MS)
  const [quota] = await lectern.containers('quota')
  await killInside(quota)
  await delay(WHILE_MS)
  t.same(traffic.failures, [], 'nobody notices that a quota is gone')
  const [gateway] = await lectern.containers('gateway')
  await killInside(gateway)
  await delay(WHILE_MS)
  await traffic.stop()
  // Each of the eight workers has one request on its way at any moment.
  t.ok(
    traffic.failures.length <= 8,
    `only open streams of the killed gateway break: ${traffic.failures.length}`,
  )
  t.ok(traffic.answered.length > 50, `${traffic.answered.length} answers`)
  await until('both are back', allHealthy)
  await booksAgree(t, traffic.answered)
})

t.test('rolled to a new version, service by service, without a failed request', async t => {
  const traffic = startTraffic({ gatewayUrl: lectern.gatewayUrl, keys })
  await delay(WHILE_MS)
  lectern.env.LECTERN_IMAGE = NEW
  t.comment(await lectern.script('infra/compose/roll.sh'))
  await delay(WHILE_MS)
  await traffic.stop()
  t.same(traffic.failures, [])
  t.ok(traffic.answered.length > 100, `${traffic.answered.length} answers`)
  const now = await lectern.containers(...SERVICES)
  t.same([...new Set(now.map(({ Config }) => Config.Image))], [NEW], 'all run the new one')
  t.equal(now.length, 3 + 2 + 1 + 1 + 1, 'as many as before')
  await booksAgree(t, traffic.answered)
})

t.test('a new version that does not start changes nothing', async t => {
  const [prompts] = await lectern.containers('prompts')
  await docker('commit', '--change', 'CMD ["false"]', prompts?.Id ?? '', BROKEN)
  lectern.env.LECTERN_IMAGE = BROKEN
  await t.rejects(lectern.script('infra/compose/roll.sh', 'prompts'), { message: /did not become healthy/ })
  lectern.env.LECTERN_IMAGE = NEW
  t.same(
    (await lectern.containers('prompts')).map(({ Id }) => Id),
    [prompts?.Id],
  )
})

t.test('P2 P3: saved, used on, restored: every answer is there once', async t => {
  const traffic = startTraffic({ gatewayUrl: lectern.gatewayUrl, keys })
  await delay(WHILE_MS)
  const [, saved = ''] = /: (\S+)\s*$/.exec(await lectern.script('infra/backup/save.sh', 'backups')) ?? []
  await delay(WHILE_MS)
  await traffic.stop()
  await booksAgree(t, traffic.answered)
  await t.rejects(lectern.script('infra/backup/restore.sh', '--yes', saved), { message: /still runs/ })
  await lectern.compose('stop', 'gateway')
  await lectern.compose('stop', 'console', 'quota', 'prompts', 'logger')
  t.comment(await lectern.script('infra/backup/restore.sh', '--yes', saved))
  await booksAgree(t, traffic.answered)
  await until('all services healthy', allHealthy)
  await until('the balancer sees a gateway', async () => (await fetch(`${lectern.gatewayUrl}/readyz`)).ok)
  t.ok((await post(lectern.gatewayUrl, keys[0] ?? '', { messages: [{ role: 'user', content: 'hi' }] })).ok)
})

t.test('the gateway starts in under 2 s', async t => {
  const took: number[] = []
  const worked: number[] = []
  for (let round = 0; round < 3; round++) {
    await lectern.compose('restart', 'gateway')
    await until('it is healthy', allHealthy)
    const [gateway] = await lectern.containers('gateway')
    const lines = await docker('logs', '--since', gateway?.State.StartedAt ?? '', gateway?.Id ?? '')
    const started = lines.split('\n').find(line => line.includes('"msg":"started"')) ?? '{}'
    took.push(Date.parse(JSON.parse(started).time) - Date.parse(gateway?.State.StartedAt ?? ''))
    worked.push(await cpuMsInside(gateway))
  }
  t.comment(
    `${took.join(', ')} ms by the clock, ${worked.join(', ')} ms of processor until it was seen to be healthy`,
  )
  // The clock tells as much of what else this machine does.
  t.ok(Math.min(...worked) < 2000)
})

t.test('down and up: everything is kept', async t => {
  const state = async () => ({
    records: await lectern.sql('SELECT count(*), sum(charge_tokens) FROM logs.records'),
    ledger: await lectern.sql('SELECT count(*), sum(tokens) FROM quota.ledger_entries'),
    quota: await (
      await fetch(`${lectern.gatewayUrl}/v1/quota`, { headers: { authorization: `Bearer ${keys[0]}` } })
    ).json(),
  })
  const before = await state()
  await lectern.compose('down')
  await lectern.compose('up', '-d', '--no-build')
  await until('all services healthy', allHealthy)
  await until('the balancer sees a gateway', async () => (await fetch(`${lectern.gatewayUrl}/readyz`)).ok)
  t.same(await state(), before)
  t.ok((await post(lectern.gatewayUrl, keys[0] ?? '', { messages: [{ role: 'user', content: 'hi' }] })).ok)
})
