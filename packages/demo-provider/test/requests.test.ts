import t from 'tap'
import { provide } from './provider.ts'

const OK = { model: 'demo-small', messages: [{ role: 'user', content: 'hi' }] }

t.test('refuses what a real provider refuses, in its shape', async t => {
  const { send } = await provide(t)
  const cases: [object | string, number, string | null][] = [
    [[], 400, null],
    [{ ...OK, model: undefined }, 400, 'model'],
    [{ ...OK, model: 'other' }, 404, 'model'],
    [{ ...OK, messages: undefined }, 400, 'messages'],
    [{ ...OK, messages: [] }, 400, 'messages'],
    [{ ...OK, messages: ['hi'] }, 400, 'messages'],
    [{ ...OK, max_tokens: 0 }, 400, 'max_tokens'],
    [{ ...OK, max_completion_tokens: 1.5 }, 400, 'max_completion_tokens'],
    [{ ...OK, n: 129 }, 400, 'n'],
    [{ ...OK, tools: [{}] }, 400, 'tools'],
  ]
  for (const [body, status, param] of cases) {
    const response = await send('POST', '/v1/chat/completions', body)
    t.equal(response.status, status)
    t.match(await response.json(), { error: { message: String, type: 'invalid_request_error', param } })
  }
})

t.test('names a wrong path, method and body', async t => {
  const { send, url } = await provide(t)
  t.equal((await send('POST', '/v1/nothing')).status, 404)
  t.equal((await send('GET', '/v1/chat/completions')).status, 405)
  const broken = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{"model":' })
  t.equal(broken.status, 400)
  t.match(await broken.json(), { error: { message: /could not parse/ } })
})

t.test('has the headers of OpenAI', async t => {
  const { ask, send } = await provide(t)
  const stream = await ask('hi')
  t.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  t.equal(stream.headers.get('content-length'), null)
  const whole = await ask('hi', { stream: false })
  t.equal(whole.headers.get('content-type'), 'application/json')
  for (const response of [stream, whole]) {
    t.match(response.headers.get('x-request-id'), /^req_[0-9a-f]{32}$/)
    t.match(response.headers.get('openai-processing-ms'), /^\d+$/)
    await response.text()
  }
  t.same(await (await send('GET', '/healthz')).json(), { status: 'ok' })
})

t.test('records what it received, fields that it does not know included', async t => {
  const { ask, requests, send } = await provide(t, { maxRequests: 2 })
  const headers = {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    authorization: 'Bearer k',
  }
  await (await ask('hi [[demo: tokens=5]]', { seed: 7, user: 'u1' }, { headers })).text()
  t.match(requests[0], {
    method: 'POST',
    path: '/v1/chat/completions',
    headers,
    body: { seed: 7, user: 'u1', messages: [{ role: 'user' }] },
    status: 200,
    chunks: 5,
    aborted: false,
    endedAt: Number,
  })
  await send('GET', '/healthz')
  await send('GET', '/v1/models')
  await send('GET', '/v1/models')
  t.same(
    requests.map(request => request.path),
    ['/v1/models', '/v1/models'],
    'only the API is recorded, and the oldest is forgotten',
  )
})
