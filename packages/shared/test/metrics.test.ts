import { type Meter, metrics } from '@opentelemetry/api'
import t from 'tap'
import { COUNTER } from '../src/attributes.ts'
import { createCounter } from '../src/metrics.ts'

t.test('P11: a counter counts where telemetry is on, and costs nothing where it is off', async t => {
  createCounter(COUNTER.expired, 'nobody listens').add(1)
  const counted: [string, number][] = []
  const meter = { createCounter: (name: string) => ({ add: (by: number) => counted.push([name, by]) }) }
  metrics.setGlobalMeterProvider({ getMeter: () => meter as unknown as Meter })
  t.teardown(() => metrics.disable())
  createCounter(COUNTER.expired, 'holds').add(3)
  t.same(counted, [['lectern.quota.expired', 3]])
})
