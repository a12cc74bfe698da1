import { connect } from 'node:net'
import { mintKey } from '@lectern/shared/keys.ts'
import OpenAI from 'openai'
import t from 'tap'
import { MODEL, startCampus } from './campus.ts'

const campus = await startCampus(t, {
  env: { MAX_BODY_BYTES: '20000', FIRST_BYTE_TIMEOUT_MS: '1000', BAD_KEYS_PER_MINUTE: '20' },
})
const { client, staff, asked } = campus

const ask = (text: string, more: object = {}) =>
  client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: text }], ...more })

/** What the official client makes of an answer. */
async function failureOf(work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await work
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error
    throw error
  }
  throw new Error('it did not fail')
}

const denial = {
  granted: false as const,
  retryAfterMs: null,
  remaining: null,
  resetsAtMs: null,
  rateLimits: null,
}

t.test('P4: each denial arrives as the class that the client knows', async t => {
  t.teardown(() => {
    staff.deny = null
  })
  staff.deny = { ...denial, reason: 'insufficient_quota', remaining: 12, resetsAtMs: Date.UTC(2026, 10, 30) }
  const spent = await failureOf(ask('hi'))
  t.ok(spent instanceof OpenAI.RateLimitError)
  t.match(spent, { status: 429, code: 'insufficient_quota', type: 'insufficient_quota' })
  t.match(spent.message, /12 tokens are left.*2026-11-30 00:00 UTC/)
  t.equal(spent.headers?.get('x-should-retry'), 'false')
  t.equal(spent.headers?.get('retry-after'), null)

  staff.deny = { ...denial, reason: 'budget_in_use', remaining: 5, retryAfterMs: 1500 }
  const held = await failureOf(ask('hi'))
  t.match(held, { status: 429, code: 'budget_in_use' })
  t.equal(held.headers?.get('retry-after'), '2')

  const others = [
    ['rate_limit_exceeded', 429],
    ['too_many_parallel_requests', 429],
    ['course_closed', 403],
    ['model_not_found', 404],
  ] as const
  for (const [reason, status] of others) {
    staff.deny = { ...denial, reason }
    t.match(await failureOf(ask('hi')), { status, code: reason }, reason)
  }
})

t.test('P10: a key that cannot be one is refused without asking anybody', async t => {
  const before = { ...asked }
  for (const apiKey of ['sk-123', 'ln_short', `${campus.key.slice(0, -1)}0`.replace(/00$/, '01')]) {
    const wrong = new OpenAI({ baseURL: `${campus.url}/v1`, apiKey, maxRetries: 0 })
    const error = await failureOf(wrong.models.list())
    t.ok(error instanceof OpenAI.AuthenticationError)
    t.equal(error.code, 'invalid_api_key')
  }
  const none = await fetch(`${campus.url}/v1/quota`)
  t.equal(none.status, 401)
  t.match(await none.json(), { error: { code: 'invalid_api_key', message: /Authorization: Bearer/ } })
  t.equal(asked.authenticate, before.authenticate)
})

t.test('P10: unknown keys are remembered, and a flood of them does not lock out those in use', async t => {
  await ask('warm')
  staff.known = false
  const before = asked.authenticate
  const { key } = mintKey('demo')
  const post = (apiKey: string) =>
    fetch(`${campus.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'hi' }] }),
    })
  t.equal((await post(key)).status, 401)
  t.equal((await post(key)).status, 401)
  t.equal(asked.authenticate, before + 1, 'asked once')
  const statuses: number[] = []
  for (let count = 0; count < 25; count++) statuses.push((await post('ln_nonsense')).status)
  t.equal(statuses.at(-1), 429)
  const refused = await post(mintKey('demo').key)
  t.match(await refused.json(), { error: { code: 'rate_limit_exceeded' } })
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  t.equal((await post(campus.key)).status, 200, 'a key in use passes')
  staff.known = true
})

t.test('what the provider refuses, with its reason and without secrets', async t => {
  const rejected = await failureOf(ask('[[demo: status=422]]'))
  t.ok(rejected instanceof OpenAI.BadRequestError)
  t.match(rejected, { status: 400, code: 'provider_rejected' })
  t.match(rejected.message, /told to answer 422/)
  const last = (await campus.records()).at(-1)?.record
  t.match(last, { outcome: 'upstream_failed', chargeTokens: 0, errorCode: 'provider_rejected' })
  t.equal(last?.usage.source, 'none')
})

t.test('a provider that fails is our failure: 502, 504', async t => {
  for (const status of [500, 503, 429, 401, 403]) {
    const error = await failureOf(ask(`[[demo: status=${status}]]`))
    t.match(error, { status: 502, code: 'provider_error' }, String(status))
    t.ok(error instanceof OpenAI.InternalServerError)
    t.notMatch(error.message, /API key|engine/, 'nothing of the provider is shown')
  }
  const waiting = await failureOf(ask('[[demo: status=429 retry-after=7]]', { stream: true }))
  t.equal(waiting.headers?.get('retry-after'), '7')
  t.match(await failureOf(ask('[[demo: hang=headers]]')), { status: 504, code: 'provider_timeout' })
  t.match(await failureOf(ask('[[demo: hang=stream after=0]]', { stream: true })), { status: 504 })
  t.match(await failureOf(ask('[[demo: reset]]', { stream: true })), { status: 502 })
  t.match(await failureOf(ask('[[demo: error=stream after=0]]', { stream: true })), { status: 502 })
  t.match(await failureOf(ask('[[demo: error=stream]]')), { status: 502 }, 'an error inside a 200')
})

t.test('a request that is none', async t => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${campus.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${campus.key}`, 'content-type': 'application/json', ...headers },
      body,
    })
  const shape = async (response: Response) => ({
    status: response.status,
    ...((await response.json()) as object),
  })
  t.match(await shape(await post('{')), { status: 400, error: { code: 'invalid_request', message: /JSON/ } })
  t.match(await shape(await post('')), { status: 400, error: { code: 'invalid_request' } })
  t.match(await shape(await post('a=1', { 'content-type': 'text/plain' })), {
    status: 400,
    error: { message: /JSON/ },
  })
  t.match(await shape(await post('{}')), { status: 400, error: { param: 'model' } })
  const noRole = JSON.stringify({ model: MODEL, messages: [{ content: 'x' }] })
  t.match(await shape(await post(noRole)), { status: 400, error: { param: 'messages[0].role' } })
  const wrongCap = JSON.stringify({ model: MODEL, messages: [{ role: 'user' }], max_tokens: 0 })
  t.match(await shape(await post(wrongCap)), { status: 400, error: { param: 'max_tokens' } })
  t.match(await shape(await post(JSON.stringify({ text: 'x'.repeat(30_000) }))), {
    status: 413,
    error: { code: 'request_too_large' },
  })
  t.match(await failureOf(ask('hi', { messages: [] })), { status: 400, param: 'messages' })
  t.match(await failureOf(ask('hi', { model: 'nope' })), {
    status: 404,
    code: 'model_not_found',
    param: 'model',
  })
})

t.test('who sends too much reads why, even if only after the whole upload', async t => {
  const size = 5_000_000
  const socket = connect(Number(new URL(campus.url).port), '127.0.0.1').setEncoding('utf8')
  socket.pause()
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${campus.key}\r\n` +
      `content-type: application/json\r\nconnection: close\r\ncontent-length: ${size}\r\n\r\n`,
  )
  for (let sent = 0; sent < size; sent += 100_000) {
    socket.write('x'.repeat(100_000))
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  t.match((await socket.toArray()).join(''), /^HTTP\/1.1 413 .*"code":"request_too_large"/s)
})

t.test('what is nested too deeply, and what is not even HTTP', async t => {
  const deep = `{"model":"${MODEL}","messages":[{"role":"user"}],"metadata":${'['.repeat(5000)}${']'.repeat(5000)}}`
  const headers = { authorization: `Bearer ${campus.key}`, 'content-type': 'application/json' }
  const refused = await fetch(`${campus.url}/v1/chat/completions`, { method: 'POST', headers, body: deep })
  t.equal(refused.status, 400)
  t.match(await refused.json(), { error: { code: 'invalid_request', message: /64 levels/ } })
  const badUrl = await fetch(`${campus.url}/v1/models/%zz`, { headers })
  t.match(await badUrl.json(), { error: { code: 'invalid_request', type: 'invalid_request_error' } })
  const socket = connect(Number(new URL(campus.url).port), '127.0.0.1').setEncoding('utf8')
  socket.write('hello\r\n\r\n')
  t.match((await socket.toArray()).join(''), /^HTTP\/1.1 400 .*"code":"invalid_request"/s)
})

t.test('unknown routes and methods', async t => {
  const headers = { authorization: `Bearer ${campus.key}` }
  const nowhere = await fetch(`${campus.url}/v1/images`, { headers })
  t.equal(nowhere.status, 404)
  t.match(await nowhere.json(), { error: { code: 'not_found', type: 'invalid_request_error', param: null } })
  t.ok(nowhere.headers.get('x-request-id'))
  const wrong = await fetch(`${campus.url}/v1/chat/completions`, { headers })
  t.match(await wrong.json(), { error: { code: 'not_found', message: /GET is not possible.*Use POST/ } })
  t.equal(wrong.headers.get('allow'), 'POST')
})

t.test('P11: without the other services: a clear 503 within a second, and recovery by itself', async t => {
  t.match(await ask('hi'), { choices: [{}] })
  await campus.nats.stop()
  const startedAt = performance.now()
  const error = await failureOf(ask('hi'))
  t.ok(performance.now() - startedAt < 1000, 'within a second')
  t.match(error, { status: 503, code: 'service_unavailable' })
  t.equal(error.headers?.get('retry-after'), '1')
  const ready = await fetch(`${campus.url}/readyz`)
  t.match(
    { status: ready.status, body: await ready.json() },
    { status: 200, body: { status: 'degraded', checks: { bus: false } } },
    'a balancer goes on asking it: no other gateway would know more',
  )
  t.equal((await fetch(`${campus.url}/healthz`)).status, 200)
  await campus.nats.start()
  const answer = await client.chat.completions.create(
    { model: MODEL, messages: [{ role: 'user', content: 'hi' }] },
    { maxRetries: 8 },
  )
  t.match(answer, { choices: [{}] }, 'the client’s own retries bridge the gap')
})
