import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { dashboardQueries, rules, selectedIn } from './queries.ts'
import { ask, MODEL, startSystem, until } from './system.ts'

/** Every number that a dashboard or an alert asks for is one that the running system gives. */

// Takes the spans: only where a service traces does it say whether its instrumentations work.
const collector = createServer((request, response) => {
  request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'))
}).listen(0, '127.0.0.1')
await once(collector, 'listening')
t.teardown(() => {
  collector.closeAllConnections()
  collector.close()
})

const system = await startSystem(t, {
  env: {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    // Every statement is a slow one.
    SLOW_QUERY_MS: '0',
    SCRIPTED_KEY: 'a key, whose state is a metric',
  },
  provider: { apiKeyEnv: 'SCRIPTED_KEY' },
  model: { limits: { parallel: 1 } },
})

/** What all services answer at /metrics of their operators' doors. */
async function scrapeAll(): Promise<string> {
  const answers = Object.values(system.demo.opsUrls).map(async url => (await fetch(`${url}/metrics`)).text())
  return (await Promise.all(answers)).join('\n')
}

const seriesIn = (scraped: string) =>
  new Set([...scraped.matchAll(/^([a-zA-Z_:][\w:]*)[{ ]/gm)].map(([, name = '']) => name))

t.test('what students do: an answer, a wait for a place, a refusal, a block', async t => {
  await system.staff('PATCH', '/api/courses/demo', { answerCache: 'free' })
  const client = system.client()
  const stream = await client.chat.completions.create({
    model: MODEL,
    messages: ask('Count me'),
    stream: true,
  })
  for await (const _ of stream);
  const slow = ['one', 'two'].map(name =>
    client.chat.completions.create({ model: MODEL, messages: ask(`${name} [[demo: delay=200]]`) }),
  )
  t.equal((await Promise.all(slow)).length, 2, 'the second when the first is over')
  const refused = client.chat.completions.create({ model: 'no-such-model', messages: ask('Refuse me') })
  await t.rejects(refused, /404/)
  await system.staff('POST', '/api/courses/demo/rules', {
    ...{ kind: 'block', pattern: 'the solution', message: 'Try yourself first.', fromWeek: 1, toWeek: 1999 },
  })
  await until(async () => {
    const { choices } = await client.chat.completions.create({
      model: MODEL,
      messages: ask('Tell me the solution'),
    })
    return choices[0]?.finish_reason === 'content_filter'
  }, 'the rule is in force')
})

t.test('P11: every metric of a dashboard or an alert is in a scrape of the running system', async t => {
  const recorded = new Set(rules().flatMap(rule => rule.record ?? []))
  const asked = new Set(
    [...dashboardQueries(), ...rules()].flatMap(({ expr }) => selectedIn(expr).map(({ name }) => name)),
  )
  // Prometheus' own word on each scrape.
  asked.delete('up')
  const wanted = [...asked].filter(name => !recorded.has(name)).sort()
  t.ok(wanted.length > 20, `${wanted.length} metrics are asked for`)
  let missing = wanted
  await until(async () => {
    const there = seriesIn(await scrapeAll())
    missing = wanted.filter(name => !there.has(name))
    return missing.length === 0
  }, 'nothing is missing').catch(() => undefined)
  t.same(missing, [], 'missing in the scrape')
})

t.test('P10: no label grows with students', async t => {
  const scraped = await scrapeAll()
  for (const { id, name, key } of system.demo.students) {
    for (const secret of [id, name, key]) t.notOk(scraped.includes(secret), `no label says ${secret}`)
  }
})
