import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import t from 'tap'
import { joinFleet } from '../src/upstream/fleet.ts'
import { type Campus, startCampus, until } from './campus.ts'
import { postChat } from './http.ts'

/** What a provider allows is shared by all gateways, and no gateway asks anybody. */

const PARALLEL = 5
const PER_MINUTE = 7

const campus = await startCampus(t, {
  env: { POOL_WAIT_MS: '400' },
  providers: baseUrl => ({
    providers: [
      {
        name: 'narrow',
        kind: 'openai',
        baseUrl,
        models: [{ name: 'narrow', model: 'demo-small', limits: { parallel: PARALLEL } }],
      },
      {
        name: 'slow',
        kind: 'openai',
        baseUrl,
        models: [{ name: 'slow', model: 'demo-small', limits: { requestsPerMinute: PER_MINUTE } }],
      },
      {
        name: 'first',
        kind: 'openai',
        baseUrl,
        models: [{ name: 'pair', model: 'demo-small', limits: { parallel: 2 } }],
      },
      { name: 'second', kind: 'openai', baseUrl, models: [{ name: 'pair', model: 'demo-large', weight: 0 }] },
    ],
  }),
})
const second = await campus.anotherGateway()
const doors: Pick<Campus, 'url' | 'key'>[] = [campus, { url: second.url, key: campus.key }]

/** Asks both gateways in turn, all at once; answers the statuses. */
function askBoth(count: number, model: string, directive: string): Promise<number[]> {
  const asked = Array.from({ length: count }, async (_, index) => {
    const door = doors[index % 2] ?? campus
    const answer = await postChat(door, `[[demo: ${directive}]]`, { model, stream: false })
    await answer.text()
    return answer.status
  })
  return Promise.all(asked)
}

/** The most requests that the provider had at once, of those with this model. */
function mostAtOnce(model: string): number {
  const own = campus.provider.requests.filter(
    ({ body }) => (body as { model?: string } | null)?.model === model,
  )
  const at = (ms: number) =>
    own.filter(({ at, endedAt }) => at <= ms && (endedAt === null || endedAt > ms)).length
  return Math.max(0, ...own.map(({ at: ms }) => at(ms)))
}

t.test('requests at once: in sum never above the limit, and who waits a little is served', async t => {
  const statuses = await askBoth(20, 'narrow', 'delay=40 tokens=2')
  t.same(statuses, Array(20).fill(200))
  const most = mostAtOnce('demo-small')
  t.ok(most > 2 && most <= PARALLEL, `${most} at once`)
})

t.test('P4: requests of a minute: the rest is refused, costs nothing, and may come again', async t => {
  const before = campus.provider.requests.length
  const recorded = (await campus.records()).length
  const statuses = await askBoth(16, 'slow', 'tokens=2')
  t.equal(statuses.filter(status => status === 200).length, PER_MINUTE)
  t.equal(campus.provider.requests.length - before, PER_MINUTE, 'none of the others got there')
  const refused = await postChat(campus, 'hi', { model: 'slow', stream: false })
  t.equal(refused.status, 503)
  t.ok(Number(refused.headers.get('retry-after')) >= 1)
  t.match(await refused.json(), { error: { code: 'overloaded' } })
  const records = (await campus.recordsOf(recorded + 17)).slice(recorded)
  const charged = records.filter(({ record }) => record.chargeTokens > 0)
  t.equal(charged.length, PER_MINUTE)
})

t.test('a deployment at its limit is passed over', async t => {
  const statuses = await askBoth(10, 'pair', 'delay=150')
  t.same(statuses, Array(10).fill(200))
  t.ok(mostAtOnce('demo-large') >= 6, 'the other one has the rest')
})

t.test('gateways come and go: their parts always add up', async t => {
  const log = createLog('test', 'silent')
  const join = async (id: string) => {
    const nc = await connectBus({ url: campus.nats.url, service: `test-${id}`, log })
    t.teardown(() => nc.close())
    return joinFleet(nc, { id })
  }
  // Two gateways are there already.
  const a = await join('a')
  t.equal(a.size, 3, 'a newcomer knows all of them before it serves')
  const b = await join('b')
  await until(() => a.size === 4)
  const parts = (limit: number) => [a.partOf(limit), b.partOf(limit)]
  t.same(parts(8), [2, 2])
  t.ok(parts(9).every(part => part === 2 || part === 3))
  await b.leave()
  await until(() => a.size === 3)
  t.ok([3, 4].includes(a.partOf(10)))
  await a.leave()
})
