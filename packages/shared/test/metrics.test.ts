import t from 'tap'
import { METRIC } from '../src/metric-table.ts'
import { createCounter, createHistogram, observeGauge, observeRuntime } from '../src/metrics.ts'
import { startOps } from '../src/ops.ts'

const ops = await startOps({ host: '127.0.0.1', port: 0, checks: {} })
t.teardown(() => ops.close())
const scrape = async () => (await fetch(`http://127.0.0.1:${ops.port}/metrics`)).text()

t.test(
  'P11: a counter without labels reads zero before anything happened, and then what happened',
  async t => {
    const expired = createCounter(METRIC.expired)
    t.match(await scrape(), /^lectern_holds_expired_total 0$/m)
    expired.add(3)
    t.match(await scrape(), /^lectern_holds_expired_total 3$/m)
  },
)

t.test('a counter and a histogram have the labels and buckets of the table', async t => {
  createCounter(METRIC.admissions).add(1, { decision: 'admitted' })
  createHistogram(METRIC.scripts).record(0.004, { script: 'reserve-1.lua', reply: 'granted' })
  const text = await scrape()
  t.match(text, /^lectern_admissions_total\{decision="admitted"\} 1$/m)
  const bucket = (le: string) =>
    `lectern_redis_script_seconds_bucket{script="reserve-1.lua",reply="granted",le="${le}"}`
  t.ok(text.includes(`${bucket('0.0025')} 0\n`))
  t.ok(text.includes(`${bucket('0.005')} 1\n`))
})

t.test('P11: a gauge that fails or hangs is no number, and the scrape goes on', async t => {
  const closing = new AsyncDisposableStack()
  const broken = { name: 'test_broken', help: 'throws' }
  const hanging = { name: 'test_hanging', help: 'never answers' }
  const labelled = { name: 'test_labelled', help: 'by state', labels: ['state'] } as const
  observeGauge(broken, () => Promise.reject(new Error('away')), closing)
  observeGauge(hanging, () => new Promise<number>(() => {}), closing)
  let used: number | null = 2
  observeGauge(
    labelled,
    () => {
      if (used === null) throw new Error('away')
      return [[used, { state: 'used' }]]
    },
    closing,
  )
  const text = await scrape()
  t.notMatch(text, /^test_broken \d/m)
  t.notMatch(text, /^test_hanging \d/m)
  t.match(text, /^test_labelled\{state="used"\} 2$/m)
  used = null
  t.match(await scrape(), /^test_labelled\{state="used"\} NaN$/m, 'what was true once is not repeated')
  used = 3
  t.match(await scrape(), /^test_labelled\{state="used"\} 3$/m)
  await closing.disposeAsync()
})

t.test('Node tells of its event loop and its memory', async t => {
  const closing = new AsyncDisposableStack()
  observeRuntime(closing)
  t.teardown(() => closing.disposeAsync())
  t.match(await scrape(), /^nodejs_eventloop_utilization/m)
  // The delay is that since the scrape before.
  let text = ''
  while (!text.includes('nodejs_eventloop_delay_p99')) text = await scrape()
  t.match(text, /^nodejs_eventloop_delay_p99 0\.\d+$/m)
})

t.test('P10: no label grows with students', async t => {
  const labels = new Set(Object.values(METRIC).flatMap(metric => ('labels' in metric ? metric.labels : [])))
  const known = [
    'route',
    'method',
    'status',
    'decision',
    'outcome',
    'model',
    'provider',
    // The variable that holds one of our keys.
    'key',
    'result',
    'course',
    'type',
    'limit',
  ]
  const inside = ['script', 'reply', 'subject', 'consumer', 'state', 'statement', 'instrumentation', 'limit']
  t.same(
    [...labels].filter(label => ![...known, ...inside].includes(label)),
    [],
  )
})
