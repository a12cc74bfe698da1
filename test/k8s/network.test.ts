import t from 'tap'
import { type Any, type Kinds, ofKind, portsOf, workloadsOf } from './objects.ts'
import { isAllowed, type Place, type Port } from './reachability.ts'
import { findKubectl, OVERLAYS, type Overlay, renderAll } from './rendered.ts'

/** The arrows of the design are allowed, and no other: neither into a pod, nor out of one. */

type Arrow = [from: string[], to: string[], port: number, protocol?: 'UDP']

const SERVICES = ['gateway', 'quota', 'prompts', 'logger', 'console']
const EVERYWHERE: Arrow[] = [
  [['ingress'], ['gateway'], 8080],
  [['ingress'], ['console'], 8081],
  [['console'], ['gateway'], 8080],
  [SERVICES, ['nats'], 4222],
  [['prometheus'], SERVICES, 9090],
  [SERVICES, ['collector'], 4318],
]
const ON_THREE_SERVERS: Arrow[] = [
  [['nats'], ['nats'], 6222],
  [['gateway'], ['internet', 'internet-v6'], 443],
  [['quota', 'prompts', 'logger'], ['pooler'], 6432],
  [['migrate'], ['database'], 5432],
  [['quota'], ['balances'], 6379],
  [['console'], ['sign-in'], 443],
]
const ARROWS: Record<Overlay, Arrow[]> = {
  demo: [
    [['quota', 'prompts', 'logger', 'migrate'], ['postgres'], 5432],
    [['quota'], ['redis'], 6379],
    [['gateway'], ['demo-provider'], 4010],
    [['seed'], ['gateway'], 8080],
    [['seed'], ['console'], 8081],
  ],
  production: ON_THREE_SERVERS,
  'production-keda': [...ON_THREE_SERVERS, [['keda'], ['nats'], 8222]],
}

const pod = (namespace: string, name: string, labels: Record<string, string>): Place => ({
  name,
  namespace,
  labels,
})
/** Whom our pods may have to do with outside of their namespace, and whom they never may. */
const OUTSIDE: Place[] = [
  pod('ingress-nginx', 'ingress', { 'app.kubernetes.io/name': 'ingress-nginx' }),
  pod('monitoring', 'prometheus', { 'app.kubernetes.io/name': 'prometheus' }),
  pod('monitoring', 'collector', { 'app.kubernetes.io/name': 'opentelemetry-collector' }),
  pod('monitoring', 'grafana', { 'app.kubernetes.io/name': 'grafana' }),
  pod('kube-system', 'dns', { 'k8s-app': 'kube-dns' }),
  pod('keda', 'keda', { app: 'keda-operator' }),
  pod('elsewhere', 'imitator', {
    'app.kubernetes.io/name': 'gateway',
    'k8s-app': 'kube-dns',
    app: 'keda-operator',
  }),
  { name: 'internet', address: '203.0.113.7' },
  { name: 'internet-v6', address: '2600:1f18::7' },
  { name: 'pooler', address: '192.0.2.10' },
  { name: 'database', address: '192.0.2.11' },
  { name: 'balances', address: '192.0.2.33' },
  { name: 'sign-in', address: '192.0.2.12' },
  { name: 'campus', address: '10.20.30.40' },
  { name: 'metadata', address: '169.254.169.254' },
  { name: 'metadata-v6', address: 'fd00:ec2::254' },
  { name: 'metadata-mapped', address: '::ffff:169.254.169.254' },
]
/** Beside all ports that anything of ours listens on, or that a policy names. */
const USUAL_PORTS = [22, 53, 80, 443, 4317, 4318, 6443, 10250]

const nameOf = (from: Place, to: Place, { port, protocol }: Port) =>
  `${from.name} -> ${to.name} ${port} ${protocol}`

/** Every arrow that the policies allow with an end in the namespace. */
function allowed(policies: Kinds['NetworkPolicy'][], objects: Any[]): string[] {
  const workloads = workloadsOf(objects)
  const pods: Place[] = workloads.map(({ name, labels }) => ({ name, labels }))
  const rules = policies.flatMap(({ spec }) => [...(spec?.ingress ?? []), ...(spec?.egress ?? [])])
  const named = rules.flatMap(({ ports = [] }) => ports.map(({ port }) => port))
  const numbers = new Set([...USUAL_PORTS, ...named, ...workloads.flatMap(portsOf)])
  const ports = [...numbers]
    .filter(port => typeof port === 'number')
    .flatMap(port => [{ port, protocol: 'TCP' } as const, { port, protocol: 'UDP' } as const])
  const pairs = [
    ...pods.flatMap(from => [...pods, ...OUTSIDE].map(to => [from, to] as const)),
    ...OUTSIDE.flatMap(from => pods.map(to => [from, to] as const)),
  ]
  return pairs
    .flatMap(([from, to]) =>
      ports.filter(port => isAllowed(policies, from, to, port)).map(port => nameOf(from, to, port)),
    )
    .sort()
}

/** The table, written out. Everybody may ask for names. */
function expected(overlay: Overlay, objects: Any[]): string[] {
  const everybody = workloadsOf(objects).map(({ name }) => name)
  const names: Arrow[] = [
    [everybody, ['dns'], 53],
    [everybody, ['dns'], 53, 'UDP'],
  ]
  return [...EVERYWHERE, ...names, ...ARROWS[overlay]]
    .flatMap(([froms, tos, port, protocol = 'TCP']) =>
      froms.flatMap(from => tos.map(to => `${from} -> ${to} ${port} ${protocol}`)),
    )
    .sort()
}

const found = await findKubectl()

t.test('the network', { skip: 'reason' in found && found.reason }, async t => {
  if ('reason' in found) return
  const rendered = await renderAll(found.kubectl, t.testdir())
  for (const overlay of OVERLAYS) {
    const objects = rendered[overlay]
    const policies = ofKind(objects, 'NetworkPolicy')
    const arrows = expected(overlay, objects)

    t.test(`${overlay}: exactly the arrows of the design`, async t => {
      t.same(allowed(policies, objects), arrows)
      t.same(
        policies
          .filter(({ metadata }) => metadata?.namespace !== 'lectern')
          .map(({ metadata }) => metadata?.name),
        [],
        'every policy is in the namespace of the pods',
      )
    })

    t.test(`${overlay}: each policy is needed, and one too many is noticed`, async t => {
      for (const policy of policies) {
        const others = policies.filter(other => other !== policy)
        t.strictNotSame(allowed(others, objects), arrows, `without ${policy.metadata?.name}`)
      }
      const open = { ...policies[0], spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] } }
      t.strictNotSame(allowed([...policies, open as Kinds['NetworkPolicy']], objects), arrows, 'an open door')
    })
  }
})
