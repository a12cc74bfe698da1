import t from 'tap'
import { DOORS } from '../src/doors/doors.ts'
import { MODEL, startCampus } from './campus.ts'
import { postChat } from './http.ts'

process.env.LECTERN_TEST_PROVIDER_KEY = 'provider-secret'
const campus = await startCampus(t, {
  providers: demo => ({
    providers: [
      {
        name: 'demo',
        kind: 'openai',
        baseUrl: demo,
        apiKeyEnv: 'LECTERN_TEST_PROVIDER_KEY',
        models: [
          { name: MODEL, model: 'demo-small' },
          { name: 'new-field', model: 'demo-small', maxOutputField: 'max_completion_tokens' },
          { name: 'old-field', model: 'demo-small', maxOutputField: 'max_tokens', imageTokens: 700 },
          { name: 'demo-large' },
        ],
      },
    ],
  }),
})
const { provider, staff, asked, client } = campus

async function send(body: object) {
  const response = await postChat(campus, 'hi', { stream: false, ...body })
  await response.text()
  return {
    response,
    sent: provider.requests.at(-1)?.body as Record<string, unknown>,
    reserved: asked.reserve.at(-1),
  }
}

t.test('what policy does not need passes through untouched', async t => {
  const more = {
    temperature: 0.3,
    seed: 7,
    response_format: { type: 'json_object' },
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
    tool_choice: 'none',
    logit_bias: { '50256': -100 },
    metadata: { anything: ['at', { all: null }] },
    some_new_field: { of: 'tomorrow' },
  }
  const { sent } = await send(more)
  t.match(sent, more)
  t.same(
    Object.keys(sent).sort(),
    [...Object.keys(more), 'max_tokens', 'messages', 'model', 'stream', 'user'].sort(),
  )
  const record = (await campus.records()).at(-1)?.record
  t.match(record?.parameters, more)
})

t.test('only the model’s name, the cap, the prompt, the usage option and the user are ours', async t => {
  const { sent } = await send({ user: 'ada@example.org' })
  t.equal(sent.model, 'demo-small')
  t.match(sent.user, /^[0-9a-f]{32}$/)
  const { sent: again } = await send({})
  t.equal(again.user, sent.user, 'always the same for one student')
  const streamed = await send({ stream: true, stream_options: { include_obfuscation: false } })
  t.same(streamed.sent.stream_options, { include_obfuscation: false, include_usage: true })
  const { sent: large } = await send({ model: 'demo-large' })
  t.equal(large.model, 'demo-large', 'the public name is the default')
})

t.test('fields that would get around the staff’s policy are not sent', async t => {
  const { sent } = await send({ models: ['another'], chat_template: '{{ messages[1:] }}' })
  t.notOk('models' in sent || 'chat_template' in sent)
})

t.test('P1: the cap of the hold is always sent, in the right field', async t => {
  t.match((await send({})).sent, { max_tokens: 500 }, 'the course’s default')
  t.match((await send({ max_tokens: 20 })).sent, { max_tokens: 20, max_completion_tokens: undefined })
  t.match((await send({ max_completion_tokens: 30 })).sent, {
    max_completion_tokens: 30,
    max_tokens: undefined,
  })
  t.match((await send({ max_tokens: 20, model: 'new-field' })).sent, {
    max_completion_tokens: 20,
    max_tokens: undefined,
  })
  t.match((await send({ max_completion_tokens: 9, model: 'old-field' })).sent, { max_tokens: 9 })
  t.match((await send({ max_tokens: 20, n: 3 })).reserved, { maxOutputTokens: 20, choices: 3 })
  t.match((await send({ max_tokens: null })).reserved, { maxOutputTokens: null, choices: 1 })
  staff.maxOutputTokens = 8
  const lowered = await send({ max_tokens: 100 })
  staff.maxOutputTokens = null
  t.equal(lowered.sent.max_tokens, 8)
  t.equal(lowered.response.headers.get('x-lectern-output-lowered'), '8')
})

t.test('P10: the provider gets our key and nothing of the student’s', async t => {
  await send({})
  const headers = provider.requests.at(-1)?.headers ?? {}
  t.equal(headers.authorization, 'Bearer provider-secret')
  t.same(
    Object.keys(headers).sort(),
    ['accept', 'authorization', 'connection', 'content-length', 'content-type', 'host', 'user-agent'],
    'an allow-list',
  )
  t.notOk(
    JSON.stringify([...asked.reserve, await campus.records()]).includes(campus.key),
    'only its hash is sent',
  )
})

t.test('the reservation has the id of the request', async t => {
  const { response, reserved } = await send({})
  t.equal(response.headers.get('x-request-id'), reserved?.reservationId)
  t.match(reserved?.reservationId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
})

t.test('an image is held by its bound', async t => {
  const messages = [
    { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:,${'A'.repeat(100_000)}` } }] },
  ]
  const { reserved } = await send({ messages, model: 'old-field' })
  t.ok((reserved?.inputTokens ?? 0) > 700 && (reserved?.inputTokens ?? 0) < 1000)
})

t.test('models, quota, health and the API’s own description', async t => {
  const names = async () => (await client.models.list()).data.map(model => model.id)
  t.same(await names(), [MODEL, 'new-field', 'old-field', 'demo-large'])
  staff.models = [MODEL]
  t.same(await names(), [MODEL], 'what the course allows')
  t.match(await client.models.retrieve(MODEL), { id: MODEL, object: 'model' })
  await t.rejects(client.models.retrieve('demo-large'), { status: 404, code: 'model_not_found' })
  const quota = await fetch(`${campus.url}/v1/quota`, { headers: { authorization: `Bearer ${campus.key}` } })
  t.same(await quota.json(), {
    week: 3,
    granted: 100_000,
    used: 10,
    held: 5,
    remaining: 99_985,
    resetsAt: '2026-11-30T00:00:00.000Z',
  })
  const ready = await fetch(`${campus.url}/readyz`)
  t.equal(ready.status, 200)
  t.match(await ready.json(), { status: 'ready', checks: { bus: true, providers: true, serving: true } })
  const api = (await (await fetch(`${campus.url}/openapi.json`)).json()) as { paths: object }
  t.same(
    Object.keys(api.paths).sort(),
    [
      ...DOORS.map(({ endpoint }) => endpoint),
      '/v1/messages/count_tokens',
      '/v1/models',
      '/v1/models/{*}',
      '/v1/quota',
      '/v1/provider-keys',
      '/v1/provider-keys/{provider}',
    ].sort(),
  )
})
