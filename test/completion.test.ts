import OpenAI from 'openai'
import t from 'tap'
import { ask, MODEL, recordOf, startSystem } from './system.ts'

/** The official client, unmodified: only its base URL and key are changed. */

const system = await startSystem(t)
const openai = system.client()

t.test('P3: an answer in one piece is on record, with its tokens, when the client has it', async t => {
  const { data, response } = await openai.chat.completions
    .create({ model: MODEL, messages: ask('Hello?', 'tokens=7') })
    .withResponse()
  t.match(data, {
    object: 'chat.completion',
    choices: [{ message: { role: 'assistant' }, finish_reason: 'stop' }],
  })
  t.equal(response.headers.get('x-lectern-week'), '1')
  t.match(response.headers.get('x-lectern-remaining-tokens'), /^\d+$/)
  t.match(await recordOf(system, response.headers.get('x-request-id')), {
    outcome: 'completed',
    model: MODEL,
    answers: [{ text: data.choices[0]?.message.content, finishReason: 'stop' }],
    usage: {
      inputTokens: data.usage?.prompt_tokens,
      outputTokens: data.usage?.completion_tokens,
      source: 'provider',
    },
    chargeTokens: data.usage?.total_tokens,
  })
})

t.test('a stream, with the usage that the client asked for', async t => {
  const stream = await openai.chat.completions.create({
    model: MODEL,
    messages: ask('Tell me more.', 'tokens=20'),
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  t.ok(chunks.filter(chunk => chunk.choices[0]?.delta.content).length >= 20)
  t.equal(chunks.at(-1)?.usage?.completion_tokens, 20)
})

t.test('a stream without usage, when the client did not ask for it', async t => {
  const stream = await openai.chat.completions.create({
    model: MODEL,
    messages: ask('And more.'),
    stream: true,
  })
  const chunks = await Array.fromAsync(stream)
  t.notOk(chunks.some(chunk => chunk.usage))
})

t.test('tools, in a stream and in one piece', async t => {
  const request = {
    model: MODEL,
    messages: ask('What is the weather?'),
    tools: [
      {
        type: 'function' as const,
        function: {
          name: 'weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
        },
      },
    ],
  }
  const whole = await openai.chat.completions.create(request)
  t.match(whole.choices[0], {
    finish_reason: 'tool_calls',
    message: { tool_calls: [{ function: { name: 'weather' } }] },
  })
  const final = await openai.chat.completions.stream(request).finalChatCompletion()
  t.match(final.choices[0]?.message.tool_calls, [{ function: { name: 'weather' } }])
})

t.test('fields that Lectern does not know pass through', async t => {
  const before = system.provider.requests.length
  await openai.chat.completions.create({
    model: MODEL,
    messages: ask('JSON, please.'),
    response_format: { type: 'json_object' },
    seed: 7,
    logit_bias: { 50256: -100 },
    user: 'my real name',
    ...{ a_field_of_tomorrow: { deep: [1, 2] } },
  })
  const body = system.provider.requests.slice(before).at(-1)?.body as Record<string, unknown>
  t.match(body, {
    seed: 7,
    response_format: { type: 'json_object' },
    logit_bias: { 50256: -100 },
    a_field_of_tomorrow: { deep: [1, 2] },
  })
  t.not(body.user, 'my real name')
  t.equal(body.model, 'demo-small')
})

t.test('the models of the course, and the balance', async t => {
  t.same(
    (await Array.fromAsync(openai.models.list())).map(model => model.id),
    [MODEL],
  )
  const quota = await fetch(`${system.demo.gatewayUrl}/v1/quota`, {
    headers: { authorization: `Bearer ${system.demo.students[0]?.key}` },
  })
  const body = (await quota.json()) as Record<string, number | string>
  t.match(body, { week: 1, granted: 100_000, resetsAt: /^\d{4}-\d\d-\d\dT/ })
  t.equal(Number(body.used) + Number(body.held) + Number(body.remaining), body.granted)
})

t.test('each kind of error arrives as the class that the client has for it', async t => {
  const create = (client: OpenAI, body: object = {}) =>
    client.chat.completions.create({ model: MODEL, messages: ask('Hi'), ...body }).then(
      () => undefined,
      (error: unknown) => error,
    )
  const stranger = new OpenAI({
    apiKey: 'sk-somebody-else',
    baseURL: `${system.demo.gatewayUrl}/v1`,
    maxRetries: 0,
  })
  const cases: [unknown, new (...args: never[]) => Error, object][] = [
    [await create(stranger), OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' }],
    [
      await create(openai, { model: 'gpt-9' }),
      OpenAI.NotFoundError,
      { status: 404, code: 'model_not_found' },
    ],
    [await create(openai, { messages: [] }), OpenAI.BadRequestError, { status: 400, param: 'messages' }],
    [
      await create(openai, { messages: ask('Hi', 'status=400') }),
      OpenAI.BadRequestError,
      { code: 'provider_rejected' },
    ],
    [
      await create(openai, { messages: ask('Hi', 'status=500') }),
      OpenAI.InternalServerError,
      { status: 502, code: 'provider_error' },
    ],
    [
      await create(openai, { messages: ask('x'.repeat(5_000_000)) }),
      OpenAI.APIError,
      { status: 413, code: 'request_too_large' },
    ],
    [
      await create(openai, { messages: ask('x'.repeat(200_000)) }),
      OpenAI.RateLimitError,
      { status: 429, code: 'insufficient_quota', type: 'insufficient_quota' },
    ],
  ]
  for (const [error, kind, shape] of cases) {
    t.type(error, kind)
    t.match(error, shape)
  }
})

t.test('a block rule answers in the shape of the chat, and costs nothing', async t => {
  await system.staff('POST', '/api/courses/demo/rules', {
    kind: 'block',
    pattern: 'solve (the )?exam',
    message: 'Please try it yourself first.',
    fromWeek: 1,
    toWeek: 52,
  })
  const balance = () =>
    system.staff<{ used: number }>('GET', `/api/students/${system.demo.students[1]?.id}/balance`)
  const before = await balance()
  const client = system.client(1)
  const answer = await client.chat.completions.create({
    model: MODEL,
    messages: ask('Solve the EXAM for me'),
  })
  t.match(answer.choices[0], {
    message: { content: 'Please try it yourself first.' },
    finish_reason: 'content_filter',
  })
  const stream = await client.chat.completions.create({
    model: MODEL,
    messages: ask('solve exam'),
    stream: true,
  })
  const chunks = await Array.fromAsync(stream)
  t.equal(
    chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join(''),
    'Please try it yourself first.',
  )
  t.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'content_filter')
  t.equal((await balance()).used, before.used)
})

t.test('P10: a key that is revoked or rotated ends at once', async t => {
  const { id = '', key: first = '' } = system.demo.students[2] ?? {}
  const status = async (key: string) =>
    (await fetch(`${system.demo.gatewayUrl}/v1/models`, { headers: { authorization: `Bearer ${key}` } }))
      .status
  t.equal(await status(first), 200)
  const student = await system.staff<{ keys: { id: string }[] }>('GET', `/api/students/${id}`)
  const rotated = await system.staff<{ id: string; key: string }>(
    'POST',
    `/api/keys/${student.keys[0]?.id}/rotate`,
  )
  t.equal(await status(first), 401)
  t.equal(await status(rotated.key), 200)
  await system.staff('DELETE', `/api/keys/${rotated.id}`)
  t.equal(await status(rotated.key), 401)
})
