import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { directiveInJson } from '@lectern/demo-provider/directive.ts'
import { startDemoProvider } from '@lectern/demo-provider/server.ts'
import { startScraping } from '@lectern/shared/testing/metrics.ts'
import t from 'tap'
import { MODEL, startCampus } from './campus.ts'
import { eventsOf, postChat, readChunks } from './http.ts'

const second = await startDemoProvider({ port: 0, firstTokenMs: 5, chunkMs: 2 })
t.teardown(() => second.close())
// A port at which nobody listens any more.
const gone = createServer().listen(0, '127.0.0.1')
await once(gone, 'listening')
const { port: deadPort } = gone.address() as AddressInfo
gone.close()

const entry = (name: string, baseUrl: string, publicName: string, weight: number) => ({
  name,
  kind: 'openai',
  baseUrl,
  timeouts: { firstByteMs: 1000 },
  models: [{ name: publicName, model: 'demo-small', weight }],
})
// The first is always chosen first: its weight leaves the second nothing until it is out.
const campus = await startCampus(t, {
  providers: demo => ({
    providers: [
      {
        ...entry('first', demo, MODEL, 1_000_000),
        models: [{ name: MODEL, model: 'demo-small', weight: 1 }],
      },
      entry('second', `${second.url}/v1`, MODEL, 0),
      entry('dead', `http://127.0.0.1:${deadPort}/v1`, 'half-dead', 1),
      entry('alive', `${second.url}/v1`, 'half-dead', 0),
      entry('tired', demo, 'tired', 1),
      entry('rested', `${second.url}/v1`, 'tired', 0),
      entry('sole', demo, 'sole', 1),
    ],
  }),
})
const { provider } = campus

t.test('P5: what fails before the first byte goes to the next deployment, with the same hold', async t => {
  for (const fault of [
    'status=500',
    'status=503',
    'status=429',
    'status=408',
    'status=401',
    'reset',
    'hang=headers',
  ]) {
    for (const stream of [true, false]) {
      const reservations = campus.asked.reserve.length
      const [key = '', value = '1'] = fault.split('=')
      provider.control.direct(directiveInJson({ [key]: value }), null)
      const answer = await postChat(campus, 'hi', { stream })
      t.equal(answer.status, 200, fault)
      await answer.text()
      const record = (await campus.records()).at(-1)?.record
      t.match(record, { outcome: 'completed', provider: 'second' }, fault)
      t.equal(campus.asked.reserve.length, reservations + 1, 'one reservation')
      // An answer in between, or the first would soon not be asked any more.
      provider.control.reset()
      await (await postChat(campus, 'hi')).text()
      t.match((await campus.records()).at(-1)?.record, { provider: 'first' })
    }
  }
})

t.test('P5: who fails again and again is not asked for a while, unless there is nobody else', async t => {
  provider.control.direct(directiveInJson({ status: 500 }), null)
  t.teardown(() => provider.control.reset())
  const askedFor = async (model: string, status: number) => {
    const before = provider.requests.length
    const answer = await postChat(campus, 'hi', { model })
    await answer.text()
    t.equal(answer.status, status)
    return provider.requests.length - before
  }
  for (let failures = 1; failures <= 5; failures++) t.equal(await askedFor('tired', 200), 1)
  t.equal(await askedFor('tired', 200), 0, 'its breaker is open')
  for (let failures = 1; failures <= 6; failures++) t.equal(await askedFor('sole', 502), 1)
  const { text } = await startScraping(t)
  const state = (name: string, model: string) => `lectern_breaker_state{provider="${name}",model="${model}"}`
  const scraped = await text()
  t.ok(scraped.includes(`${state('tired', 'tired')} 2\n`))
  t.ok(scraped.includes(`${state('rested', 'tired')} 0\n`))
})

t.test('a deployment that cannot be reached is no failure', async t => {
  for (let count = 0; count < 5; count++) {
    const answer = await postChat(campus, 'hi', { model: 'half-dead' })
    t.equal(answer.status, 200)
    t.equal(eventsOf(await answer.text()).at(-1), '[DONE]')
  }
})

t.test('a request at fault is not tried elsewhere', async t => {
  const count = second.requests.length
  const answer = await postChat(campus, '[[demo: status=400]]')
  t.equal(answer.status, 400)
  t.equal(second.requests.length, count)
})

t.test('never after the first byte', async t => {
  const count = second.requests.length
  const answer = await postChat(campus, '[[demo: cut=3]]')
  const { text } = await readChunks(answer)
  t.match(eventsOf(text).at(-1), /provider_error/)
  t.equal(second.requests.length, count)
})

t.test('a connection lost before the first byte is tried once more at the only deployment', async t => {
  const single = await startCampus(t)
  const answer = await postChat(single, '[[demo: reset id=once times=1]]')
  t.equal(answer.status, 200)
  t.equal(eventsOf(await answer.text()).at(-1), '[DONE]')
  t.equal(single.provider.requests.length, 2)
  t.equal(single.asked.reserve.length, 1)
})
