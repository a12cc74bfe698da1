import t from 'tap'
import { createBalancer } from '../../src/upstream/balancer.ts'
import { Load } from '../../src/upstream/load.ts'
import type { Deployment } from '../../src/upstream/provider.ts'

/** Which of several deployments gets a request. */

let nowMs = 0
const deployment = (model: string, weight: number) =>
  ({ model, weight, load: new Load(() => nowMs) }) as Deployment

/** Random numbers as given, over and over. */
function numbers(...given: number[]) {
  let at = 0
  return () => given[at++ % given.length] ?? 0
}

t.test('least in flight: the fewest on their way, in proportion to the weights', async t => {
  const [small, large, spare] = [deployment('small', 1), deployment('large', 3), deployment('spare', 0)]
  const balancer = createBalancer('least-in-flight', () => 0)
  const counts = { small: 0, large: 0, spare: 0 } as Record<string, number>
  for (let request = 0; request < 40; request++) {
    const chosen = balancer.choose([small, large, spare])
    chosen.load.inFlight += 1
    counts[chosen.model] = (counts[chosen.model] ?? 0) + 1
  }
  t.same(counts, { small: 10, large: 30, spare: 0 })
  large.load.inFlight = 0
  t.equal(balancer.choose([small, large]).model, 'large', 'who has become free is next')
  t.equal(balancer.choose([spare]).model, 'spare', 'a weight of 0 is for when nobody else can')
})

t.test('latency: of two, the one that answers sooner, counting who already waits there', async t => {
  const [slow, quick] = [deployment('slow', 1), deployment('quick', 1)]
  slow.load.learn(900)
  quick.load.learn(300)
  for (const random of [0, 0.99]) {
    t.equal(createBalancer('latency', () => random).choose([slow, quick]).model, 'quick')
  }
  quick.load.inFlight = 3
  t.equal(createBalancer('latency', () => 0).choose([slow, quick]).model, 'slow', '300 ms × 4 > 900 ms')
})

t.test('latency: only two of many are compared', async t => {
  const many = Array.from({ length: 4 }, (_, index) => deployment(String(index), 1))
  for (const [index, { load }] of many.entries()) load.learn(100 * (4 - index))
  // The first two by chance are 0 and 1; the best of all is 3.
  t.equal(createBalancer('latency', numbers(0, 0)).choose(many).model, '1')
})

t.test('latency: one of which nothing is known is tried, by one request', async t => {
  const [known, fresh] = [deployment('known', 1), deployment('fresh', 1)]
  known.load.learn(100)
  const balancer = createBalancer('latency', () => 0)
  t.equal(balancer.choose([known, fresh]).model, 'fresh')
  fresh.load.inFlight = 1
  t.equal(balancer.choose([known, fresh]).model, 'known', 'until it has answered')
})

t.test('the time to the first token: a slow one counts at once, a quick one by and by', async t => {
  const load = new Load(() => nowMs)
  load.learn(100)
  const costs = () => Math.round(load.costMs)
  t.equal(costs(), 100)
  load.learn(2000)
  t.equal(costs(), 2000, 'a peak, in full')
  load.learn(100)
  t.equal(costs(), 2000, 'no time has passed')
  nowMs += 10_000
  load.learn(100)
  t.equal(costs(), Math.round(2000 / Math.E + 100 * (1 - 1 / Math.E)), 'what was known has faded')
  nowMs += 60_000
  t.ok(costs() < 10, 'who was slow a minute ago is tried again')
})
