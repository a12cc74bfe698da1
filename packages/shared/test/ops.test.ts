import t from 'tap'
import { type Checks, readinessOf, readinessStatus, startOps } from '../src/ops.ts'

/** What probes and balancers are told. */

const checks = (bus: boolean, serving = true) => ({
  checks: { serving: () => serving } as Checks,
  shared: { bus: () => bus } as Checks,
})

t.test('P11: what all replicas lack degrades, what one lacks takes it out', async t => {
  const ready = await readinessOf(checks(true))
  t.same([ready, readinessStatus(ready)], [{ status: 'ready', checks: { serving: true, bus: true } }, 200])
  const degraded = await readinessOf(checks(false))
  t.same(
    [degraded, readinessStatus(degraded)],
    [{ status: 'degraded', checks: { serving: true, bus: false } }, 200],
  )
  const down = await readinessOf(checks(true, false))
  t.same([down.status, readinessStatus(down)], ['down', 503])
  t.equal((await readinessOf(checks(false, false))).status, 'down', 'the worse of both')
})

t.test('a check that throws or hangs has failed', async t => {
  // The time limit of a check keeps no process alive; something must.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  const { status, checks } = await readinessOf({
    checks: {
      throws: () => Promise.reject(new Error('away')),
      hangs: () => new Promise<boolean>(() => undefined),
      passes: async () => true,
    },
  })
  t.equal(status, 'down')
  t.same(checks, { throws: false, hangs: false, passes: true })
})

t.test('the operator’s door', async t => {
  const ops = await startOps({ host: '127.0.0.1', port: 0, ...checks(false) })
  t.teardown(() => ops.close())
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${ops.port}${path}`)
    return { status: response.status, body: await response.json() }
  }
  t.same(await ask('/healthz'), { status: 200, body: { status: 'alive' } })
  t.match(await ask('/readyz?verbose'), { status: 200, body: { status: 'degraded', checks: { bus: false } } })
  t.equal((await ask('/else')).status, 404)
})
