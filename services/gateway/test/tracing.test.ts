import { subscribe } from 'node:diagnostics_channel'
import { directiveInJson } from '@lectern/demo-provider/directive.ts'
import { startDemoProvider } from '@lectern/demo-provider/server.ts'
import { openSpan } from '@lectern/shared/open-span.ts'
import { SpanKind } from '@lectern/shared/spans.ts'
import { collectSpans } from '@lectern/shared/testing/spans.ts'
import t, { type Test } from 'tap'
import { COURSE, MODEL, startCampus, until } from './campus.ts'
import { postChat } from './http.ts'

/** In every conversation, and in no span. */
const SECRET = 'quetzalcoatl'
const CHAT = 'POST /v1/chat/completions'
const ERROR = 2

const spans = collectSpans(t)
const second = await startDemoProvider({ port: 0, firstTokenMs: 5, chunkMs: 2 })
t.teardown(() => second.close())
const model = (weight: number) => [{ name: MODEL, model: 'demo-small', weight }]
const campus = await startCampus(t, {
  providers: demo => ({
    providers: [
      { name: 'first', kind: 'openai', baseUrl: demo, limits: { connections: 1 }, models: model(1) },
      { name: 'second', kind: 'openai', baseUrl: `${second.url}/v1`, models: model(0) },
    ],
  }),
})
const { provider, staff } = campus
staff.policy = {
  prompt: { id: 'p1', version: 1, text: `Be kind to ${SECRET}.` },
  rules: [{ id: 'r1', kind: 'block', pattern: 'exam', message: `Not now, ${SECRET}.` }],
}

// What undici's instrumentation does, at the same moment: a span below the running one.
subscribe('undici:request:create', message => {
  const { request } = message as { request: { origin: string; path: string; method: string } }
  const isChat = request.path === '/v1/chat/completions'
  if (isChat && request.origin !== campus.url) openSpan(request.method, { kind: SpanKind.CLIENT }).end(false)
})

/** The span of the request, when it has ended. */
const ended = (name = CHAT) => until(() => spans.named(name)[0] ?? null)
const attempts = () => spans.named(`chat ${MODEL}`)
const readTo = async (response: Response, chunks: number) => {
  const reader = response.body?.getReader()
  for (let count = 0; count < chunks; count++) await reader?.read()
}

t.beforeEach(() => spans.clear())

/** What is true of all traces. */
function checkAll(t: Test): void {
  const roots = spans.all().filter(span => span.parentSpanContext === undefined)
  t.same(
    roots.filter(({ kind }) => kind !== SpanKind.SERVER).map(({ name }) => name),
    [],
    'no orphans',
  )
  const said = spans.all().map(({ name, attributes, events, status }) => [name, attributes, events, status])
  t.notMatch(JSON.stringify(said), SECRET, 'nothing of what people wrote')
}

t.test('P9: the tree of a streaming request', async t => {
  const response = await postChat(campus, `hi ${SECRET}`)
  await response.text()
  const root = await ended()
  t.equal(
    spans.tree(root),
    `${CHAT}
  request quota.authenticate
    handle quota.authenticate
  prompt lookup
    request prompts.resolve
      handle prompts.resolve
  request quota.reserve
    handle quota.reserve
  chat ${MODEL}
    POST
  publish records.completed`,
  )
  const record = (await campus.recordsOf(1)).at(-1)?.record
  t.same(root.attributes, {
    'http.request.method': 'POST',
    'http.route': '/v1/chat/completions',
    'http.response.status_code': 200,
    'lectern.request.id': response.headers.get('x-request-id'),
    'lectern.course': COURSE,
    'lectern.week': 3,
    'gen_ai.request.model': MODEL,
    'lectern.outcome': 'completed',
    'lectern.charge_tokens': record?.chargeTokens,
    'lectern.first_token_ms': record?.firstTokenMs,
  })
  t.equal(record?.traceId, root.spanContext().traceId)
  const [attempt] = attempts()
  t.match(attempt?.kind, SpanKind.CLIENT)
  t.match(attempt?.attributes, {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'first',
    'gen_ai.request.model': MODEL,
    'lectern.provider.model': 'demo-small',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(provider.url).port),
    'lectern.attempt': 1,
    'lectern.first_token_ms': Number,
    'gen_ai.usage.input_tokens': record?.usage.inputTokens,
    'gen_ai.usage.output_tokens': record?.usage.outputTokens,
    'gen_ai.response.finish_reasons': ['stop'],
  })
  t.match(spans.named('prompt lookup')[0]?.attributes, { 'lectern.prompt.lookup': 'miss' })
  t.match(spans.named('publish records.completed')[0], {
    kind: SpanKind.PRODUCER,
    attributes: {
      'messaging.system': 'nats',
      'messaging.destination.name': 'records.completed',
      'lectern.record.spooled': false,
    },
  })
  checkAll(t)
})

t.test('P9: what is known costs no span; a JSON answer has the same tree', async t => {
  const response = await postChat(campus, SECRET, { stream: false })
  await response.text()
  t.equal(
    spans.tree(await ended()),
    `${CHAT}
  prompt lookup
  request quota.reserve
    handle quota.reserve
  chat ${MODEL}
    POST
  publish records.completed`,
  )
  t.match(spans.named('prompt lookup')[0]?.attributes, { 'lectern.prompt.lookup': 'hit' })
  t.match(attempts()[0]?.attributes, { 'gen_ai.response.finish_reasons': ['stop'] })
  checkAll(t)
})

t.test('P9: a student’s own trace is a link', async t => {
  const [traceId, spanId] = ['a'.repeat(32), 'b'.repeat(16)]
  const headers = { authorization: `Bearer ${campus.key}`, 'content-type': 'application/json' }
  const response = await postChat(
    campus,
    'hi',
    {},
    { headers: { ...headers, traceparent: `00-${traceId}-${spanId}-00`, tracestate: `a=${SECRET}` } },
  )
  await response.text()
  const root = await ended()
  t.equal(root.parentSpanContext, undefined)
  t.not(root.spanContext().traceId, traceId)
  t.match(
    root.links.map(({ context }) => context),
    [{ traceId, spanId }],
  )
  checkAll(t)
})

t.test('P9: a request that waited for a connection is sent in its own trace', async t => {
  const first = postChat(campus, '[[demo: hold=door]]').then(response => response.text())
  await until(() => provider.requests.some(({ endedAt }) => !endedAt))
  const waiting = postChat(campus, 'hi').then(response => response.text())
  await until(() => spans.named('handle quota.reserve').length === 2)
  await fetch(`${provider.url}/control/release`, { method: 'POST', body: '{"name":"door"}' })
  await Promise.all([first, waiting])
  await until(() => spans.named(CHAT).length === 2)
  for (const attempt of attempts()) t.equal(spans.tree(attempt), `chat ${MODEL}\n  POST`)
  checkAll(t)
})

t.test('P9: each try is a span of its own, side by side', async t => {
  provider.control.direct(directiveInJson({ status: 500 }), 1)
  await postChat(campus, SECRET).then(response => response.text())
  const root = await ended()
  t.match(spans.tree(root), `  chat ${MODEL}\n    POST\n  chat ${MODEL}\n    POST\n`)
  const [failed, answered] = attempts()
  t.match(failed, {
    status: { code: ERROR },
    attributes: { 'gen_ai.provider.name': 'first', 'lectern.attempt': 1, 'error.type': 'refused' },
  })
  t.match(answered, {
    status: { code: 0 },
    attributes: { 'gen_ai.provider.name': 'second', 'lectern.attempt': 2, 'lectern.first_token_ms': Number },
  })
  t.match(root, { status: { code: 0 }, attributes: { 'lectern.outcome': 'completed' } })
  checkAll(t)
})

t.test('P9: what a provider says of a request is in no span', async t => {
  const response = await postChat(campus, `[[demo: ${SECRET}=1]]`)
  t.equal(response.status, 400)
  t.match(await response.text(), SECRET, 'though the client is told')
  t.match(await ended(), { status: { code: 0 }, attributes: { 'lectern.outcome': 'upstream_failed' } })
  t.match(attempts()[0]?.attributes, { 'error.type': 'refused' })
  checkAll(t)
})

t.test('P9: an answer that breaks off', async t => {
  await postChat(campus, '[[demo: cut=3 gap=10]]').then(response => response.text())
  t.match(await ended(), {
    status: { code: 0 },
    attributes: { 'lectern.outcome': 'upstream_cut', 'http.response.status_code': 200 },
  })
  t.match(attempts()[0], { status: { code: ERROR }, attributes: { 'error.type': 'cut' } })
  checkAll(t)
})

t.test('P9: where nobody answers, the request has failed', async t => {
  for (const one of [provider, second]) one.control.direct(directiveInJson({ status: 503 }), 1)
  const response = await postChat(campus, SECRET)
  t.equal(response.status, 502)
  t.match(await ended(), {
    status: { code: ERROR },
    attributes: { 'lectern.outcome': 'upstream_failed', 'http.response.status_code': 502 },
  })
  checkAll(t)
})

t.test('P5 P9: a client that leaves: the spans end with what is recorded', async t => {
  for (const [text, chunks] of [
    [`[[demo: gap=20 tokens=500]] ${SECRET}`, 3],
    ['[[demo: hang=headers]]', 0],
  ] as const) {
    spans.clear()
    const leaving = new AbortController()
    const asked = postChat(campus, text, {}, { signal: leaving.signal }).then(
      response => readTo(response, chunks),
      () => null,
    )
    if (chunks > 0) await asked
    else await until(() => provider.requests.find(({ endedAt }) => !endedAt))
    leaving.abort()
    const root = await ended()
    t.match(root, { status: { code: 0 }, attributes: { 'lectern.outcome': 'client_gone' } })
    t.ok(Number(root.attributes['lectern.charge_tokens']) > 0)
    t.equal('http.response.status_code' in root.attributes, chunks > 0)
    t.match(spans.tree(root), /publish records\.completed$/, 'before it ended')
    t.match(attempts(), [{ status: { code: 0 }, attributes: { 'error.type': 'aborted' } }])
    checkAll(t)
  }
})

t.test('P9: refusals, wherever they happen', async t => {
  const refusal = async (asked: Promise<Response>, status: number, code: string) => {
    const response = await asked
    t.equal(response.status, status)
    await response.text()
    const root = await ended()
    t.match(root, { status: { code: status < 500 ? 0 : ERROR }, attributes: { 'lectern.outcome': code } })
    t.same(attempts(), [])
    t.notOk('gen_ai.request.model' in root.attributes, 'who knows what they wrote there')
    checkAll(t)
    spans.clear()
  }
  await refusal(postChat({ ...campus, key: SECRET }, 'hi'), 401, 'invalid_api_key')
  await refusal(postChat(campus, 'hi', { model: SECRET }), 404, 'model_not_found')
  await refusal(postChat(campus, 'hi', { messages: SECRET }), 400, 'invalid_request')
  await refusal(postChat(campus, 'hi', {}, { body: `{"${SECRET}"` }), 400, 'invalid_request')
  const reason = 'rate_limit_exceeded'
  const nothing = { retryAfterMs: null, remaining: null, resetsAtMs: null, rateLimits: null }
  staff.deny = { granted: false, reason, ...nothing }
  await refusal(postChat(campus, SECRET), 429, reason)
  staff.deny = null
})

t.test('P9: a blocked request asks no provider', async t => {
  await postChat(campus, 'the exam').then(response => response.text())
  const root = await ended()
  t.match(root.attributes, { 'lectern.outcome': 'blocked', 'lectern.charge_tokens': 0 })
  t.same(attempts(), [])
  t.match(spans.tree(root), /publish records\.completed$/)
  checkAll(t)
})

t.test('P9: a record that went to disk says so', async t => {
  const response = await postChat(campus, '[[demo: gap=20 tokens=10]]')
  await campus.nats.stop()
  await response.text()
  await ended()
  const [publish] = spans.named('publish records.completed')
  t.match(publish, { status: { code: 0 }, attributes: { 'lectern.record.spooled': true } })
  checkAll(t)
  spans.clear()
  const refused = await postChat(campus, SECRET)
  t.equal(refused.status, 503)
  t.match(await ended(), {
    status: { code: ERROR },
    attributes: { 'lectern.outcome': 'service_unavailable' },
  })
  checkAll(t)
})
