import t from 'tap'
import { containersOf, namesOf, ofKind, portsOf, workloadsOf } from './objects.ts'
import { findKubectl, OVERLAYS, renderAll } from './rendered.ts'

/** What every pod of ours is: limited, watched, without a privilege, and given time to finish. */

/** Beyond its own grace a service needs some seconds for its last records, acknowledgements and traces. */
const LAST_STEPS_S = 10

const found = await findKubectl()

t.test('pods', { skip: 'reason' in found && found.reason }, async t => {
  if ('reason' in found) return
  const rendered = await renderAll(found.kubectl, t.testdir())
  for (const overlay of OVERLAYS) {
    const objects = rendered[overlay]
    const containers = containersOf(objects)
    const workloads = workloadsOf(objects)

    t.test(`${overlay}: only restricted pods may run, and all are`, async t => {
      const [namespace] = ofKind(objects, 'Namespace')
      t.equal(namespace?.metadata?.labels?.['pod-security.kubernetes.io/enforce'], 'restricted')
      for (const { where, container } of containers) {
        const { securityContext: context } = container
        t.equal(context?.allowPrivilegeEscalation, false, `${where}: no escalation`)
        t.equal(context?.readOnlyRootFilesystem, true, `${where}: a read-only root`)
        t.same(context?.capabilities, { drop: ['ALL'] }, `${where}: no capability`)
        t.notOk(context?.privileged, `${where}: not privileged`)
      }
      for (const { name, pod } of workloads) {
        t.equal(pod.securityContext?.runAsNonRoot, true, `${name}: not root`)
        t.ok((pod.securityContext?.runAsUser ?? 0) > 0, `${name}: not root, by number`)
        t.same(pod.securityContext?.seccompProfile, { type: 'RuntimeDefault' }, `${name}: seccomp`)
        t.notOk(pod.hostNetwork || pod.hostPID || pod.hostIPC, `${name}: nothing of the machine's`)
        const volumes = (pod.volumes ?? []).flatMap(volume => Object.keys(volume))
        t.notOk(volumes.includes('hostPath'), `${name}: no folder of the machine's`)
      }
    })

    t.test(`${overlay}: each has an account of its own, without a token`, async t => {
      const accounts = ofKind(objects, 'ServiceAccount')
      t.same(
        accounts.filter(({ automountServiceAccountToken }) => automountServiceAccountToken !== false),
        [],
      )
      for (const { name, pod } of workloads) {
        t.equal(pod.serviceAccountName, name)
        t.equal(pod.automountServiceAccountToken, false, `${name}: no token`)
        t.ok(namesOf(objects, 'ServiceAccount').includes(name), `${name}: its account exists`)
      }
    })

    t.test(`${overlay}: requests and limits`, async t => {
      for (const { where, container } of containers) {
        const { requests, limits } = container.resources ?? {}
        for (const resource of ['cpu', 'memory']) {
          t.ok(requests?.[resource], `${where}: requests ${resource}`)
          t.ok(limits?.[resource], `${where}: limits ${resource}`)
        }
      }
    })

    t.test(`${overlay}: probes, at ports that there are`, async t => {
      for (const { where, workload, container, prepares } of containers) {
        const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe]
        if (workload.kind === 'Job' || prepares) {
          t.same(probes.filter(Boolean), [], `${where}: ends by itself`)
          continue
        }
        for (const probe of probes) {
          t.ok(probe?.exec || probe?.httpGet, `${where}: all three probes`)
          if (!probe?.httpGet) continue
          t.ok(portsOf(workload).includes(probe.httpGet.port), `${where}: port ${probe.httpGet.port}`)
        }
        if (container.image?.includes('lectern') && workload.name !== 'demo-provider') {
          t.equal(container.readinessProbe?.httpGet?.path, '/readyz', `${where}: readiness knows "degraded"`)
          t.equal(container.livenessProbe?.httpGet?.path, '/healthz', `${where}: liveness asks for life only`)
        }
      }
    })

    t.test(`${overlay}: time to finish`, async t => {
      for (const { workload, container } of containers) {
        const env = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]))
        if (!env.LECTERN_SERVICE) continue
        const command = container.lifecycle?.preStop?.exec?.command ?? ['sleep', '0']
        t.equal(command[0], 'sleep', `${workload.name}: its pause can be read here`)
        const pauseS = Number(command[1])
        const drainS = Number(env.DRAIN_DELAY_MS ?? 0) / 1000
        const graceS = Number(env.SHUTDOWN_GRACE_MS ?? 30_000) / 1000
        const granted = workload.pod.terminationGracePeriodSeconds ?? 30
        t.ok(
          granted > pauseS + drainS + graceS,
          `${workload.name}: ${granted} s are more than ${pauseS} + ${drainS} + ${graceS} s`,
        )
        t.ok(granted >= pauseS + drainS + graceS + LAST_STEPS_S, `${workload.name}: and its last steps`)
        t.notOk(pauseS > 0 && drainS > 0, `${workload.name}: it does not wait twice`)
        const reached = portsOf(workload).includes('http')
        t.equal(pauseS > 0, reached, `${workload.name}: who is reached by an address pauses before it stops`)
      }
    })

    t.test(`${overlay}: a new version starts before an old one stops`, async t => {
      for (const { metadata, spec } of ofKind(objects, 'Deployment')) {
        t.same(spec?.strategy?.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 }, `${metadata?.name}`)
      }
    })
  }

  t.test('production: spread, and never only one', async t => {
    const objects = rendered.production
    for (const { name, kind, labels, pod } of workloadsOf(objects)) {
      if (kind === 'Job') continue
      const spread = pod.topologySpreadConstraints ?? []
      t.ok(
        spread.some(({ topologyKey }) => topologyKey === 'topology.kubernetes.io/zone'),
        `${name}: over zones`,
      )
      for (const { labelSelector } of spread)
        t.match(labels, labelSelector?.matchLabels ?? { none: '' }, name)
    }
    t.same(
      ofKind(objects, 'PodDisruptionBudget').map(
        ({ spec }) => spec?.selector?.matchLabels?.['app.kubernetes.io/name'],
      ),
      ['console', 'gateway', 'logger', 'nats', 'prompts', 'quota'],
      'each has a budget of disruptions',
    )
    const scaled = ofKind(objects, 'HorizontalPodAutoscaler')
    const least = new Map(scaled.map(({ spec }) => [spec?.scaleTargetRef.name, spec?.minReplicas ?? 1]))
    for (const { name, kind, replicas = 1 } of workloadsOf(objects)) {
      if (kind !== 'Job') t.ok((least.get(name) ?? replicas) >= 2, `${name}: two at least`)
    }
  })
})
