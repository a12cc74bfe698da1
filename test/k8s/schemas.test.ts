import t from 'tap'
import type { Any } from './objects.ts'
import { findKubectl, OVERLAYS, renderAll } from './rendered.ts'
import { faultsOf } from './schemas.ts'

/** What is rendered is what the Kubernetes API knows: every object, every field. */

const found = await findKubectl()

t.test('every object is one of the API', { skip: 'reason' in found && found.reason }, async t => {
  if ('reason' in found) return
  const rendered = await renderAll(found.kubectl, t.testdir())
  for (const overlay of OVERLAYS) {
    t.ok(rendered[overlay].length > 30, `${overlay} has objects`)
    for (const object of rendered[overlay]) {
      t.same(await faultsOf(object), [], `${overlay}: ${object.kind} ${object.metadata.name}`)
    }
    const ids = rendered[overlay].map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    t.equal(new Set(ids).size, ids.length, `${overlay}: no object stands there twice`)
  }
})

const service = (port: object) =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports: [port] } }) as Any
const autoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'x' },
  spec: { maxReplicas: 3 },
}
const scaled = (scaleTargetRef: object) =>
  ({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'x' },
    spec: { scaleTargetRef, triggers: [{ type: 'cpu', metadata: { value: '50' } }] },
  }) as Any

t.test('a fault is found', async t => {
  t.same(await faultsOf(service({ port: 80 })), [])
  t.match(await faultsOf(service({ port: 'eighty' })), [/ports\/0\/port .*(integer|number)/])
  t.same(await faultsOf(service({})), ['data/spec/ports/0 must have required property port'])
  t.same(await faultsOf(service({ port: 80, targetprot: 81 })), ['data/spec/ports/0/targetprot is unknown'])
  t.same(await faultsOf({ ...service({ port: 80 }), spce: {} } as Any), ['data/spce is unknown'])
  t.same(await faultsOf(autoscaler), ['data/spec must have required property scaleTargetRef'])
  t.same(await faultsOf(scaled({ name: 'logger' })), [])
  t.same(await faultsOf(scaled({})), ['data/spec/scaleTargetRef must have required property name'])
  t.same(await faultsOf(scaled({ name: 'logger', knid: 'x' })), ['data/spec/scaleTargetRef/knid is unknown'])
  await t.rejects(faultsOf({ ...service({ port: 80 }), apiVersion: 'v7' }), 'a version that does not exist')
})

t.test('names that are free stay free', async t => {
  const labels = { 'app.kubernetes.io/name': 'x', anything: 'y' }
  t.same(await faultsOf({ ...service({ port: 80 }), metadata: { name: 'x', labels } } as Any), [])
})
