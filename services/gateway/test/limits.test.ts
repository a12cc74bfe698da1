import { createLog } from '@lectern/shared/log.ts'
import { connectBus } from '@lectern/shared/nats/connect.ts'
import { startScraping } from '@lectern/shared/testing/metrics.ts'
import t from 'tap'
import { joinFleet } from '../src/upstream/fleet.ts'
import { type Campus, startCampus, until } from './campus.ts'
import { postChat } from './http.ts'

/** What a provider allows is shared by all gateways, and no gateway asks anybody. */

const PARALLEL = 5
const PER_MINUTE = 7
const TOKENS_PER_MINUTE = 1200

const campus = await startCampus(t, {
  env: { POOL_WAIT_MS: '1500' },
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
      {
        name: 'metered',
        kind: 'openai',
        baseUrl,
        models: [{ name: 'metered', model: 'demo-small', limits: { tokensPerMinute: TOKENS_PER_MINUTE } }],
      },
      { name: 'second', kind: 'openai', baseUrl, models: [{ name: 'pair', model: 'demo-large', weight: 0 }] },
    ],
  }),
})
const metrics = await startScraping(t)
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

/** The most requests that the provider had at once, of those with this model, from the given one on. */
function mostAtOnce(model: string, from = 0): number {
  const own = campus.provider.requests
    .slice(from)
    .filter(({ body }) => (body as { model?: string } | null)?.model === model)
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

t.test(
  'P4: tokens of a minute: what was really used counts, in sum no more than a request of each gateway beyond the limit',
  async t => {
    const usedAt = [0, 0]
    const refused = [false, false]
    let largest = 0
    for (let turn = 0; !refused.every(Boolean) && turn < 60; turn += 1) {
      const side = turn % 2
      if (refused[side]) continue
      const answer = await postChat(doors[side] ?? campus, '[[demo: tokens=60]]', {
        model: 'metered',
        stream: false,
      })
      if (answer.status === 200) {
        const { usage } = (await answer.json()) as { usage: { total_tokens: number } }
        usedAt[side] = (usedAt[side] ?? 0) + usage.total_tokens
        largest = Math.max(largest, usage.total_tokens)
      } else {
        t.match(await answer.json(), { error: { code: 'overloaded' } })
        t.ok(Number(answer.headers.get('retry-after')) > 1, 'when the minute has room, not at once')
        refused[side] = true
      }
    }
    t.same(refused, [true, true])
    const [first = 0, second = 0] = usedAt
    t.ok(first > 0 && second > 0, `each has its part: ${first} and ${second}`)
    const sum = first + second
    t.ok(sum >= TOKENS_PER_MINUTE - largest && sum <= TOKENS_PER_MINUTE + 2 * largest, `${sum} used`)
  },
)

t.test('a gateway that joins takes only what the others have given back', async t => {
  const from = campus.provider.requests.length
  const statuses: number[] = []
  let isOver = false
  const keepAsking = async (door: Pick<Campus, 'url' | 'key'>) => {
    while (!isOver) {
      const answer = await postChat(door, '[[demo: delay=60 tokens=2]]', { model: 'narrow', stream: false })
      await answer.text()
      statuses.push(answer.status)
    }
  }
  const asking = doors.flatMap(door => [keepAsking(door), keepAsking(door), keepAsking(door)])
  const third = await campus.anotherGateway()
  const door = { url: third.url, key: campus.key }
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => postChat(door, 'hi', { model: 'narrow', stream: false })),
  )
  for (const answer of answers) await answer.text()
  isOver = true
  await Promise.all(asking)
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]), 'it has its part')
  t.same(new Set(statuses), new Set([200]), 'and the others have theirs')
  const most = mostAtOnce('demo-small', from)
  t.ok(most >= 3 && most <= PARALLEL, `${most} at once`)
  await third.stop()
})

t.test('a deployment at its limit is passed over', async t => {
  const statuses = await askBoth(10, 'pair', 'delay=150')
  t.same(statuses, Array(10).fill(200))
  t.ok(mostAtOnce('demo-large') >= 6, 'the other one has the rest')
  const labels = { provider: 'first', model: 'pair', limit: 'parallel' }
  t.ok(((await metrics.value('lectern_limits_reached_total', labels)) ?? 0) >= 6, 'and an operator sees it')
})

t.test('gateways come and go, and know of each other', async t => {
  const log = createLog('test', 'silent')
  const join = async () => {
    const nc = await connectBus({ url: campus.nats.url, service: 'test', log })
    t.teardown(() => nc.close())
    const joined = joinFleet(nc)
    await joined.settled()
    return joined
  }
  // Two gateways are there already.
  const a = await join()
  t.equal(a.fleet.size, 3, 'a newcomer knows all of them before it serves')
  const b = await join()
  await until(() => a.fleet.size === 4)
  b.leave()
  await until(() => a.fleet.size === 3)
  a.leave()
})
