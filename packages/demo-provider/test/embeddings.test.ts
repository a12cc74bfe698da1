import t from 'tap'
import { jsonOf, provide } from './provider.ts'

const MODEL = 'demo-embedding'

t.test('the official client reads floats and base64 as the same vectors', async t => {
  const { client, requests } = await provide(t)
  const input = ['a stack and a queue', 'a queue and a stack', 'the French revolution']
  const asked = await client.embeddings.create({ model: MODEL, input })
  t.match(requests.at(-1)?.body, { encoding_format: 'base64' }, 'what the client asks for by itself')
  const floats = await client.embeddings.create({ model: MODEL, input, encoding_format: 'float' })
  t.same(floats.data, asked.data)
  t.same(
    asked.data.map(({ index }) => index),
    [0, 1, 2],
  )
  const [first = [], same = [], other = []] = asked.data.map(({ embedding }) => embedding)
  t.equal(first.length, 64)
  t.ok(near(first, first) > 0.999 && near(first, first) < 1.001, 'of length 1')
  t.same(first, same, 'the same words')
  t.ok(near(first, other) < 0.5)
  t.same(asked.usage, { prompt_tokens: 13, total_tokens: 13 })
})

function near(one: number[], other: number[]): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)
}

t.test('token ids, dimensions, and what it refuses', async t => {
  const { send } = await provide(t)
  const ask = async (body: object) => {
    const answer = await send('POST', '/v1/embeddings', { model: MODEL, ...body })
    return { status: answer.status, body: await jsonOf<Record<string, unknown>>(answer) }
  }
  t.match((await ask({ input: [5, 6, 7], dimensions: 3 })).body, {
    data: [{ embedding: { length: 3 } }],
    usage: { prompt_tokens: 3 },
  })
  t.match((await ask({ input: [[5, 6], [7]] })).body, { data: { length: 2 }, usage: { prompt_tokens: 3 } })
  for (const wrong of [
    { input: '' },
    { input: [] },
    { input: ['a', 3] },
    { input: 'a', dimensions: 0 },
    { input: 'a', encoding_format: 'int8' },
  ]) {
    t.match(await ask(wrong), { status: 400, body: { error: { param: String } } }, JSON.stringify(wrong))
  }
  t.equal((await ask({ input: 'a', model: 'demo-small' })).status, 404)
})

t.test('directives in an input', async t => {
  const { send, requests } = await provide(t)
  const ask = (text: string) =>
    send('POST', '/v1/embeddings', { model: MODEL, input: ['a', `[[demo: ${text}]]`] })
  t.equal((await ask('status=429 retry-after=7')).headers.get('retry-after'), '7')
  t.match(await jsonOf(await ask('usage=9,0')), { usage: { prompt_tokens: 9, total_tokens: 9 } })
  t.notOk('usage' in (await jsonOf<object>(await ask('usage=none'))))
  t.match(await jsonOf(await ask('error=stream')), { error: { type: 'server_error' } })
  await t.rejects((await ask('cut=1')).text())
  t.ok(requests.every(({ path }) => path === '/v1/embeddings'))
})

t.test('Azure’s paths and its header for the key', async t => {
  const { send, control, requests } = await provide(t)
  control.accept(['az-key'])
  const body = { model: 'demo-small', messages: [{ role: 'user', content: 'hi' }] }
  const ask = (path: string, key: string) => send('POST', path, body, { headers: { 'api-key': key } })
  const path = '/openai/deployments/mine/chat/completions'
  t.equal((await ask(`${path}?api-version=2024-10-21`, 'az-key')).status, 200)
  t.match(requests.at(-1), { path, query: 'api-version=2024-10-21' })
  t.equal((await ask('/openai/v1/chat/completions', 'az-key')).status, 200)
  t.equal((await ask(path, 'another')).status, 401)
})
