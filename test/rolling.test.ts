import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceName } from '@lectern/local/services.ts'
import { connect } from '@nats-io/transport-node'
import t from 'tap'
import { createBalancer, readiness } from './balancer.ts'
import { collect } from './crash/evidence.ts'
import { contradictions } from './crash/oracle.ts'
import { type Replica, startReplica } from './replica.ts'
import { sayAs, useEveryRight, violations } from './rolling/rights.ts'
import { createTraffic } from './rolling/traffic.ts'
import { type Student, type System, startSystem, until } from './system.ts'

/** Every service as two processes, each of which is replaced while students and staff go on: nobody notices. */

// Ten restarts, each as long as a process takes to start.
t.setTimeout(120_000)

const SERVICES = ['quota', 'prompts', 'logger', 'console', 'gateway'] as const satisfies ServiceName[]
const DRAIN_DELAY_MS = 300
/** Longer than any answer here, so that each of them finishes. */
const GRACE_MS = 8000
const HOLD_TTL_MS = 660_000

const system = await startSystem(t, {
  env: { DRAIN_DELAY_MS: String(DRAIN_DELAY_MS), SHUTDOWN_GRACE_MS: String(GRACE_MS) },
  course: { weeklyTokens: 100_000_000, requestsPerMinute: 100_000, parallelRequests: 10_000 },
})
const { demo } = system
const students = await system.enroll(['roll-1', 'roll-2', 'roll-3', 'roll-4'])
const replicas = await startReplicas(system)
const gateways = await createBalancer(t, [demo.gatewayUrl, replicas.gateway.url])
const consoles = await createBalancer(t, [demo.consoleUrl, replicas.console.url])
const traffic = createTraffic({ gateways, consoles, students, adminToken: demo.adminToken })
const bus = await connectAsOperator()

t.test('P2 P3 P4 P7 P11: no request fails while every process is replaced', async t => {
  traffic.go()
  for (const service of SERVICES) {
    const before = traffic.count()
    t.equal(await replaceLaunched(service), 'exit code 0', `the launched ${service}`)
    t.equal(await replicas[service].stop(), 'exit code 0', `the second ${service}`)
    await replicas[service].start()
    t.ok(traffic.count() > before, `there were requests while ${service} was replaced`)
  }
  await traffic.pause()

  t.same(traffic.failures, [])
  t.ok(traffic.seen.length > 100, `${traffic.seen.length} answers`)
  t.ok(traffic.seen.every(({ ended }) => ended))
  const found = await untilNothing(async () => {
    const evidence = await collect(system, students, bus)
    const missing = evidence.records.length - traffic.seen.length
    return [
      ...contradictions({ seen: traffic.seen, wipedAtMs: [], holdTtlMs: HOLD_TTL_MS }, evidence),
      ...(missing === 0 ? [] : [`P3: ${evidence.records.length} records of ${traffic.seen.length} answers`]),
    ]
  })
  t.same(found, [])
})

t.test(
  'P11: a gateway that is asked to stop says so first, and serves on until its balancer knows',
  async t => {
    const { url } = replicas.gateway
    const stopped = replicas.gateway.stop()
    await until(async () => (await readiness(url)) !== 200, 'it is not ready any more')
    t.equal(await readiness(url), 503, 'it says so, its port is open')
    const late = await fetch(`${url}/v1/quota`, { headers: { authorization: `Bearer ${students[0]?.key}` } })
    t.equal(late.status, 200, 'who did not know yet is served')
    t.equal(late.headers.get('connection'), 'close', 'and comes back to another one')
    await until(async () => (await readiness(url)) === null, 'the port is closed')
    t.equal(await stopped, 'exit code 0')
  },
)

t.test('P11: every service can do all its work with exactly its rights on the bus', async t => {
  const [student] = await system.enroll(['roll-5'])
  await useEveryRight(system, student as Student, { bus, database: await system.database() })
  t.same(violations(system), [], 'nor was anything refused before')
  await sayAs(system, 'console', 'quota.reserve')
  t.equal(violations(system).length, 1, 'what is refused is in that log')
})

async function startReplicas(system: System): Promise<Record<ServiceName, Replica>> {
  const started = await Promise.all(SERVICES.map(service => startReplica(t, system, service)))
  return Object.fromEntries(SERVICES.map((service, index) => [service, started[index]])) as Record<
    ServiceName,
    Replica
  >
}

/** Asks the launched process to stop, waits until the launcher has started the next one, and answers how it ended. */
async function replaceLaunched(service: ServiceName): Promise<string> {
  const { pids } = await system.refresh()
  const from = system.output().length
  const saidSince = () => system.output().slice(from)
  process.kill(pids[service] ?? 0, 'SIGTERM')
  await until(async () => saidSince().includes(`${service} runs again`), `${service} runs again`)
  return new RegExp(`${service} stopped: (.+)`).exec(saidSince())?.[1] ?? 'unknown'
}

/** Asks for contradictions until there are none, or for longer than a message waits that its reader has dropped. */
async function untilNothing(look: () => Promise<string[]>): Promise<string[]> {
  const giveUpAtMs = performance.now() + 20_000
  for (;;) {
    const found = await look()
    if (found.length === 0 || performance.now() > giveUpAtMs) return found
    await delay(100)
  }
}

async function connectAsOperator() {
  const { host, username, password } = new URL(demo.natsUrl)
  const nc = await connect({ servers: host, user: username, pass: password })
  t.teardown(() => nc.close())
  return nc
}
