import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '@lectern/shared/config.ts'
import t from 'tap'
import { Config as GatewayConfig } from '../../services/gateway/src/config.ts'
import { type Any, containersOf, namesOf, ofKind } from './objects.ts'
import { findKubectl, MANIFESTS, OVERLAYS, renderAll } from './rendered.ts'

/** What the manifests tell a service is what it understands, and all that it needs. */

const SERVICES = ['gateway', 'quota', 'prompts', 'logger', 'console']
/** Read by others than the service's own schema: the image, Node, OpenTelemetry. */
const NOT_THE_SERVICES = /^(LECTERN_SERVICE|NODE_\w+|OTEL_\w+)$/
/** What a Secret may hold where only its name is known: good enough for the shape that the schema asks for. */
const LIKELY: Record<string, string> = {
  NATS_URL: 'nats://user:password@nats:4222',
  DATABASE_URL: 'postgresql://user:password@host/lectern',
  REDIS_URL: 'redis://:password@host',
  ADMIN_TOKEN: 'x'.repeat(32),
  OPAQUE_USER_SECRET: 'x'.repeat(32),
  OWN_KEYS_SECRET: 'ab'.repeat(32),
}

const found = await findKubectl()
const read = (...path: string[]) => readFileSync(join(MANIFESTS, ...path), 'utf8')

t.test('settings', { skip: 'reason' in found && found.reason }, async t => {
  if ('reason' in found) return
  const rendered = await renderAll(found.kubectl, t.testdir())
  for (const overlay of OVERLAYS) {
    const objects = rendered[overlay]
    const services = containersOf(objects).filter(({ workload }) => SERVICES.includes(workload.name))

    t.test(`${overlay}: each variable is one of its service, and none is missing`, async t => {
      t.same(services.map(({ workload }) => workload.name).sort(), SERVICES.toSorted())
      for (const { workload, container } of services) {
        const { Config } = (await import(`../../services/${workload.name}/src/config.ts`)) as {
          Config: Parameters<typeof readConfig>[0]
        }
        const own = (container.env ?? []).map(({ name }) => name)
        const shared = (container.envFrom ?? []).flatMap(({ configMapRef }) =>
          Object.keys(dataOf(objects, configMapRef?.name)),
        )
        t.same(
          [...own, ...shared].filter(name => !NOT_THE_SERVICES.test(name) && !(name in Config.properties)),
          [],
          `${workload.name} knows them all`,
        )
        t.equal(new Set(own).size, own.length, `${workload.name}: none is said twice`)
        // Throws where one is missing or has a wrong value.
        const config = readConfig(Config, environmentOf(objects, container)) as {
          OPS_PORT: number
          HOST: string
        }
        t.equal(config.OPS_PORT, 9090)
        t.equal(config.HOST, '0.0.0.0', `${workload.name} can be reached`)
        t.equal(
          own.includes('LECTERN_SERVICE') && environmentOf(objects, container).LECTERN_SERVICE,
          workload.name,
        )
      }
    })

    t.test(`${overlay}: the port that a service opens is the one of its pod`, async t => {
      for (const { workload, container } of services) {
        const { PORT } = environmentOf(objects, container)
        const http = container.ports?.find(({ name }) => name === 'http')?.containerPort
        t.equal(PORT, http && String(http), workload.name)
      }
    })

    t.test(`${overlay}: one image, and always a version that is named`, async t => {
      const images = new Set(services.map(({ container }) => container.image))
      t.equal(images.size, 1)
      for (const { where, container } of containersOf(objects)) {
        t.match(container.image, /:(?!latest$)[\w.-]+$/, where)
      }
    })
  }

  t.test('streams have as many copies as the bus has servers', async t => {
    const nats = ofKind(rendered.production, 'StatefulSet').find(({ metadata }) => metadata?.name === 'nats')
    for (const { workload, container } of containersOf(rendered.production)) {
      if (!['quota', 'logger'].includes(workload.name)) continue
      const { STREAM_REPLICAS } = environmentOf(rendered.production, container)
      t.equal(STREAM_REPLICAS, String(nats?.spec?.replicas), workload.name)
    }
  })

  t.test('people sign in, and students ask, at the addresses of the ingresses', async t => {
    const addressOf = (name: string) => {
      const ingress = ofKind(rendered.production, 'Ingress').find(({ metadata }) => metadata?.name === name)
      return `https://${ingress?.spec?.tls?.[0]?.hosts?.[0]}`
    }
    const [own] = containersOf(rendered.production).filter(({ workload }) => workload.name === 'console')
    const { CONSOLE_URL, GATEWAY_URL } = own ? environmentOf(rendered.production, own.container) : {}
    t.equal(CONSOLE_URL, addressOf('console'))
    t.equal(GATEWAY_URL, addressOf('gateway'))
  })

  t.test('the ingress lets through what the gateway takes, for as long as an answer lasts', async t => {
    const gateway = ofKind(rendered.production, 'Ingress').find(
      ({ metadata }) => metadata?.name === 'gateway',
    )
    const said = (name: string) => gateway?.metadata?.annotations?.[`nginx.ingress.kubernetes.io/${name}`]
    const [own] = containersOf(rendered.production).filter(({ workload }) => workload.name === 'gateway')
    if (!own) throw new Error('production has no gateway')
    const { MAX_BODY_BYTES, TOTAL_TIMEOUT_MS } = readConfig(
      GatewayConfig,
      environmentOf(rendered.production, own.container),
    )
    const bodyBytes = Number(said('proxy-body-size')?.replace(/m$/, '')) * 1024 ** 2
    t.ok(bodyBytes > MAX_BODY_BYTES, 'bodies: the refusal is the gateway’s')
    for (const name of ['proxy-read-timeout', 'proxy-send-timeout']) {
      t.ok(Number(said(name)) * 1000 > TOTAL_TIMEOUT_MS, name)
    }
    t.equal(said('proxy-buffering'), 'off')
    t.notMatch(
      said('proxy-next-upstream') ?? 'non_idempotent',
      /non_idempotent|http_/,
      'no request is sent twice',
    )
  })
})

t.test('the bus is configured as everywhere', async t => {
  const everywhere = readFileSync(join(MANIFESTS, '..', 'nats.conf'), 'utf8')
  // Kustomize reads nothing outside of its own folder. Afresh: cp infra/nats.conf infra/k8s/nats/lectern.conf
  t.equal(read('nats', 'lectern.conf'), everywhere)
  t.equal(read('overlays', 'demo', 'nats.conf'), everywhere)
  t.match(read('nats', 'server.conf'), /^include lectern.conf$[\s\S]*^ {2}sync_interval: always$/m)
})

/** The environment of a container, with something likely for what is in Secrets. */
function environmentOf(
  objects: Any[],
  container: ReturnType<typeof containersOf>[number]['container'],
): Record<string, string> {
  const own = (container.env ?? []).map(({ name, value, valueFrom }) => [
    name,
    value ?? (valueFrom?.secretKeyRef ? LIKELY[name] : undefined) ?? '',
  ])
  const shared = (container.envFrom ?? []).map(({ configMapRef }) => dataOf(objects, configMapRef?.name))
  return Object.assign({}, ...shared, Object.fromEntries(own))
}

function dataOf(objects: Any[], name: string | undefined): Record<string, string> {
  if (!name || !namesOf(objects, 'ConfigMap').includes(name)) return {}
  return ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata?.name === name)?.data ?? {}
}
