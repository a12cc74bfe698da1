import { directiveInJson } from '@lectern/demo-provider/directive.ts'
import { startDemoProvider } from '@lectern/demo-provider/server.ts'
import { startScraping } from '@lectern/shared/testing/metrics.ts'
import t from 'tap'
import { ApiKeys } from '../src/upstream/api-keys.ts'
import type { Exchange } from '../src/upstream/exchange.ts'
import { Refusal, UpstreamFailure } from '../src/upstream/failure.ts'
import { MODEL, startCampus, until } from './campus.ts'
import { postChat } from './http.ts'

/** Several keys of ours at one provider. */

function keysOf(count: number) {
  const clock = { nowMs: 1000 }
  const list = ['A', 'B', 'C'].slice(0, count).map(name => ({ name, value: `secret-${name}` }))
  const keys = new ApiKeys(list, () => clock.nowMs)
  /** Uses a key; the provider answers with a status. */
  const use = async (status: number, headers: Record<string, string> = {}) => {
    let used: string | undefined
    const refusal = new Refusal(status, headers, '')
    const exchange = keys.use(key => {
      used = key
      return { head: status === 200 ? Promise.resolve({}) : Promise.reject(refusal) } as Exchange
    })
    await exchange.head.catch(() => undefined)
    return { used, refusal }
  }
  const states = () => keys.states.map(({ state }) => state)
  return { clock, keys, use, states }
}

t.test('by turns', async t => {
  const { use } = keysOf(3)
  const used = []
  for (let count = 0; count < 6; count++) used.push((await use(200)).used)
  t.same(used, ['secret-A', 'secret-B', 'secret-C', 'secret-A', 'secret-B', 'secret-C'])
  t.equal((await keysOf(0).use(200)).used, undefined)
})

t.test('one that is refused rests for minutes, one that is limited for as long as it is told', async t => {
  const { clock, keys, use, states } = keysOf(3)
  t.equal((await use(401)).refusal.keyName, 'A')
  t.same(states(), ['refused', 'ready', 'ready'])
  t.ok(keys.mayHelp(401) && keys.mayHelp(429) && !keys.mayHelp(500) && !keys.mayHelp(400))
  await use(429, { 'retry-after': '3' })
  t.same(states(), ['refused', 'limited', 'ready'])
  t.equal((await use(200)).used, 'secret-C')
  t.equal((await use(200)).used, 'secret-C', 'the others rest')
  clock.nowMs += 3000
  t.same(states(), ['refused', 'ready', 'ready'])
  clock.nowMs += 5 * 60_000
  t.same(states(), ['ready', 'ready', 'ready'])
  await use(500)
  await use(400)
  t.same(states(), ['ready', 'ready', 'ready'], 'neither is the key’s fault')
})

t.test('where all rest, the first to be ready again is used, and works from its first answer on', async t => {
  const { clock, keys, use, states } = keysOf(2)
  await use(403)
  await use(429)
  t.notOk(keys.mayHelp(429))
  clock.nowMs += 1
  t.equal((await use(429, { 'retry-after': '60' })).used, 'secret-B')
  clock.nowMs += 4 * 60_000
  await use(429, { 'retry-after': '120' })
  t.equal((await use(200)).used, 'secret-A')
  t.same(states(), ['ready', 'limited'])
})

t.test('a late answer does not wake a key that was limited since', async t => {
  const { keys, states } = keysOf(1)
  const head = Promise.withResolvers<Record<string, string>>()
  keys.use(() => ({ head: head.promise }) as Exchange)
  keys.use(() => ({ head: Promise.reject(new Refusal(429, {}, '')) }) as Exchange)
  await Promise.resolve()
  head.resolve({})
  await head.promise
  t.same(states(), ['limited'])
})

t.test('a lost connection is nobody’s key', async t => {
  const { keys, states } = keysOf(2)
  const head = Promise.reject(new UpstreamFailure('unreachable', 'lost'))
  await keys.use(() => ({ head }) as unknown as Exchange).head.catch(() => undefined)
  t.same(states(), ['ready', 'ready'])
})

process.env.LECTERN_TEST_KEY_1 = 'sk-first-secret-1'
process.env.LECTERN_TEST_KEY_2 = 'sk-second-secret-2'
const second = await startDemoProvider({ port: 0, firstTokenMs: 0, chunkMs: 0 })
t.teardown(() => second.close())

async function twoKeys(t: Parameters<typeof startCampus>[0]) {
  const models = (weight: number) => [{ name: MODEL, model: 'demo-small', weight }]
  const campus = await startCampus(t, {
    providers: demo => ({
      providers: [
        {
          name: 'keyed',
          kind: 'openai',
          baseUrl: demo,
          apiKeyEnv: ['LECTERN_TEST_KEY_1', 'LECTERN_TEST_KEY_2'],
          models: models(1),
        },
        { name: 'second', kind: 'openai', baseUrl: `${second.url}/v1`, models: models(0) },
      ],
    }),
  })
  const ask = async () => {
    const answer = await postChat(campus, 'hi')
    await answer.text()
    return { status: answer.status, provider: (await campus.records()).at(-1)?.record.provider }
  }
  const usedKeys = () =>
    campus.provider.requests.map(({ headers }) => headers.authorization?.replace(/^Bearer sk-(\w+)-.*/, '$1'))
  return { campus, ask, usedKeys }
}

t.test('a refused key costs a second try at the same provider, under the same hold', async t => {
  const { campus, ask, usedKeys } = await twoKeys(t)
  const { text } = await startScraping(t)
  campus.provider.control.accept(['sk-second-secret-2'])
  t.same(await ask(), { status: 200, provider: 'keyed' })
  t.same(usedKeys(), ['first', 'second'])
  t.equal(campus.asked.reserve.length, 1)
  for (let count = 0; count < 6; count++) t.same(await ask(), { status: 200, provider: 'keyed' })
  t.same(usedKeys().slice(2), new Array(6).fill('second'), 'the refused one rests')
  const scraped = await text()
  const state = (key: string) => `lectern_provider_key_state{provider="keyed",key="${key}"}`
  t.ok(scraped.includes(`${state('LECTERN_TEST_KEY_1')} 2\n`))
  t.ok(scraped.includes(`${state('LECTERN_TEST_KEY_2')} 0\n`))
  t.ok(scraped.includes(`lectern_breaker_state{provider="keyed",model="${MODEL}"} 0\n`))
  t.notMatch(scraped, 'sk-')
})

t.test('a limited key opens no breaker while the other works', async t => {
  const { campus, ask, usedKeys } = await twoKeys(t)
  const { text } = await startScraping(t)
  const { control, requests } = campus.provider
  control.direct(directiveInJson({ status: 429, 'retry-after': 30 }), 1)
  const answer = postChat(campus, '[[demo: hold=each]]')
  await until(() => control.held('each') === 1)
  control.release('each')
  await until(() => requests.length === 2 && control.held('each') === 1)
  const closed = `lectern_breaker_state{provider="keyed",model="${MODEL}"} 0\n`
  t.ok((await text()).includes(closed), 'between the two tries')
  control.release('each')
  t.match(await (await answer).text(), /\[DONE\]/)
  t.same(await ask(), { status: 200, provider: 'keyed' })
  t.same(usedKeys(), ['first', 'second', 'second'])
})

t.test('where every key is refused, the next provider answers, within the same three tries', async t => {
  const { campus, ask, usedKeys } = await twoKeys(t)
  campus.provider.control.accept([])
  t.same(await ask(), { status: 200, provider: 'second' })
  t.same(usedKeys(), ['first', 'second'])
})

t.test('P10: no key is in a log or an answer, not even one that a provider quotes', async t => {
  const { explainRefusal } = await import('../src/upstream/providers/openai.ts')
  const keys = new ApiKeys([
    { name: 'ONE', value: 'plain1' },
    { name: 'TWO', value: 'plain2' },
  ])
  const refusal = new Refusal(401, {}, JSON.stringify({ error: { message: 'plain1 is bad, so is plain2' } }))
  refusal.keyName = 'ONE'
  const failure = explainRefusal(refusal, keys)
  t.equal(failure.message, 'the provider answered 401 to our key ONE: [redacted] is bad, so is [redacted]')
  t.equal(failure.anotherKey, true)
  t.notMatch(JSON.stringify(keys), 'plain')
})
