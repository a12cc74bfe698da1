import { LOGGER_CONSUMER, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import t from 'tap'
import { type Any, namesOf, ofKind, portsOf, type Workload, workloadsOf } from './objects.ts'
import { selects } from './reachability.ts'
import { findKubectl, OVERLAYS, renderAll } from './rendered.ts'

/** What one object says of another is true: it is there, and has what is meant. */

interface ScaledObject extends Any {
  spec: {
    scaleTargetRef: { kind: string; name: string }
    triggers: { type: string; metadata: Record<string, string> }[]
  }
}

const found = await findKubectl()

t.test('references', { skip: 'reason' in found && found.reason }, async t => {
  if ('reason' in found) return
  const rendered = await renderAll(found.kubectl, t.testdir())
  for (const overlay of OVERLAYS) {
    const objects = rendered[overlay]
    const workloads = workloadsOf(objects)
    const selected = (labels: Record<string, string>) =>
      workloads.filter(workload => selects({ matchLabels: labels }, workload.labels))

    t.test(`${overlay}: everything is in the one namespace`, async t => {
      t.same(namesOf(objects, 'Namespace'), ['lectern'])
      const others = objects.filter(
        ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'lectern',
      )
      t.same(others, [])
    })

    t.test(`${overlay}: selectors find exactly their own pods`, async t => {
      for (const kind of ['Deployment', 'StatefulSet'] as const) {
        for (const { metadata, spec } of ofKind(objects, kind)) {
          t.same(
            selected(spec?.selector.matchLabels ?? {}).map(({ name }) => name),
            [metadata?.name],
          )
        }
      }
      for (const { metadata, spec } of ofKind(objects, 'PodDisruptionBudget')) {
        t.same(
          selected(spec?.selector?.matchLabels ?? {}).map(({ name }) => name),
          [metadata?.name],
        )
      }
    })

    t.test(`${overlay}: services lead to ports that there are`, async t => {
      for (const { metadata, spec } of ofKind(objects, 'Service')) {
        const [target, ...more] = selected(spec?.selector ?? {})
        t.ok(target && more.length === 0, `${metadata?.name} has pods`)
        for (const { port, targetPort } of spec?.ports ?? []) {
          t.ok(portsOf(target as Workload).includes(targetPort ?? port), `${metadata?.name}: ${targetPort}`)
          // A client that knows the pod's port knows the service's.
          t.ok(portsOf(target as Workload).includes(port), `${metadata?.name}: ${port}`)
        }
      }
      for (const { metadata, spec } of ofKind(objects, 'StatefulSet')) {
        t.ok(
          namesOf(objects, 'Service').includes(spec?.serviceName ?? ''),
          `${metadata?.name} has its service`,
        )
      }
    })

    t.test(`${overlay}: the ingress leads to services`, async t => {
      const services = ofKind(objects, 'Service')
      const backends = ofKind(objects, 'Ingress').flatMap(({ spec }) =>
        (spec?.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend.service)),
      )
      for (const backend of backends) {
        const service = services.find(({ metadata }) => metadata?.name === backend?.name)
        const ports = service?.spec?.ports?.map(({ name }) => name) ?? []
        t.ok(ports.includes(backend?.port?.name), `${backend?.name}: ${backend?.port?.name}`)
      }
    })

    t.test(`${overlay}: what is scaled is there, and its number is nobody else's`, async t => {
      const scalers = [
        ...ofKind(objects, 'HorizontalPodAutoscaler').map(({ spec }) => spec?.scaleTargetRef),
        ...objects
          .filter(({ kind }) => kind === 'ScaledObject')
          .map(object => (object as ScaledObject).spec.scaleTargetRef),
      ]
      t.equal(new Set(scalers.map(target => target?.name)).size, scalers.length, 'each has one scaler')
      for (const target of scalers) {
        const workload = workloads.find(({ kind, name }) => kind === target?.kind && name === target.name)
        t.ok(workload, `${target?.kind} ${target?.name}`)
        t.equal(workload?.replicas, undefined, `${target?.name}: applying this again leaves its number alone`)
      }
    })

    t.test(`${overlay}: configuration that is mounted or read exists`, async t => {
      const maps = namesOf(objects, 'ConfigMap')
      for (const { name, pod } of workloads) {
        for (const { configMap } of pod.volumes ?? []) {
          if (configMap) t.ok(maps.includes(configMap.name ?? ''), `${name}: ${configMap.name}`)
        }
        for (const { configMapRef } of pod.containers.flatMap(({ envFrom = [] }) => envFrom)) {
          if (configMapRef && !configMapRef.optional) t.ok(maps.includes(configMapRef.name ?? ''), name)
        }
        const volumes = new Set((pod.volumes ?? []).map(volume => volume.name))
        const claims = ofKind(objects, 'StatefulSet')
          .filter(({ metadata }) => metadata?.name === name)
          .flatMap(({ spec }) => (spec?.volumeClaimTemplates ?? []).map(claim => claim.metadata?.name))
        const mounts = pod.containers.flatMap(({ volumeMounts = [] }) =>
          volumeMounts.map(mount => mount.name),
        )
        t.same(
          new Set(mounts),
          new Set([...volumes, ...claims]),
          `${name}: every volume is mounted, and there`,
        )
      }
    })
  }

  t.test('the autoscaler of gateways counts a metric that they have', async t => {
    const gateway = ofKind(rendered.production, 'HorizontalPodAutoscaler').find(
      ({ spec }) => spec?.scaleTargetRef.name === 'gateway',
    )
    const counted = (gateway?.spec?.metrics ?? []).flatMap(({ pods }) => (pods ? [pods.metric.name] : []))
    t.same(counted, [METRIC.openRequests.name])
  })

  t.test('KEDA counts what waits for the logger', async t => {
    const [scaler] = rendered['production-keda'].filter(
      ({ kind }) => kind === 'ScaledObject',
    ) as ScaledObject[]
    const [trigger] = scaler?.spec.triggers ?? []
    t.equal(trigger?.type, 'nats-jetstream')
    t.match(trigger?.metadata, { stream: RECORDS_STREAM, consumer: LOGGER_CONSUMER })
    const [service = '', namespace] = trigger?.metadata.natsServerMonitoringEndpoint?.split('.') ?? []
    t.equal(namespace, 'lectern')
    const named = ofKind(rendered['production-keda'], 'Service').find(
      ({ metadata }) => metadata?.name === service,
    )
    t.equal(named?.spec?.clusterIP, 'None', 'a name that finds each server')
    t.ok(named?.spec?.ports?.some(({ port }) => port === 8222))
  })
})
