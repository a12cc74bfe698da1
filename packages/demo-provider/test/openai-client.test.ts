import t from 'tap'
import { provide } from './provider.ts'

const QUESTION = [{ role: 'user' as const, content: 'What is recursion?' }]

const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['c', 'f'] }, days: { type: 'integer' } },
    },
  },
}

t.test('answers at once and as a stream with the same text and usage', async t => {
  const { client } = await provide(t)
  const request = { model: 'demo-small', messages: QUESTION }
  const whole = await client.chat.completions.create(request)
  const stream = client.chat.completions.stream({ ...request, stream_options: { include_usage: true } })
  const streamed = await stream.finalChatCompletion()
  const text = whole.choices[0]?.message.content ?? ''
  t.match(text, /demo provider.*What is recursion\?/)
  t.equal(streamed.choices[0]?.message.content, text)
  t.equal(whole.choices[0]?.finish_reason, 'stop')
  t.same(streamed.usage, whole.usage)
  t.ok(Number(whole.usage?.completion_tokens) <= Buffer.byteLength(text))
})

t.test('puts the usage into a last frame without choices, and null into all others', async t => {
  const { client } = await provide(t)
  const request = { model: 'demo-small', messages: QUESTION, stream: true as const, max_tokens: 3 }
  const asked = await client.chat.completions.create({ ...request, stream_options: { include_usage: true } })
  const frames = await Array.fromAsync(asked)
  const last = frames.pop()
  t.same(last?.choices, [])
  t.match(last?.usage, { completion_tokens: 3, prompt_tokens: Number, total_tokens: Number })
  t.ok(frames.every(frame => frame.usage === null && frame.choices.length === 1))
  const unasked = await Array.fromAsync(await client.chat.completions.create(request))
  t.notOk(unasked.some(frame => 'usage' in frame))
})

t.test('honours n and both names of the output cap', async t => {
  const { client } = await provide(t)
  for (const cap of ['max_tokens', 'max_completion_tokens']) {
    const request = { model: 'demo-large', messages: QUESTION, n: 3, [cap]: 4 }
    const whole = await client.chat.completions.create(request)
    t.same(
      whole.choices.map(choice => choice.finish_reason),
      ['length', 'length', 'length'],
    )
    t.equal(whole.usage?.completion_tokens, 12)
    const streamed = await client.chat.completions.stream(request).finalChatCompletion()
    t.same(
      streamed.choices.map(choice => choice.message.content),
      whole.choices.map(choice => choice.message.content),
    )
  }
})

t.test('calls the first tool, then answers in text', async t => {
  const { client } = await provide(t)
  const request = { model: 'demo-small', messages: QUESTION, tools: [WEATHER] }
  const streamed = await client.chat.completions.stream(request).finalChatCompletion()
  const whole = await client.chat.completions.create(request)
  for (const { choices } of [streamed, whole]) {
    t.equal(choices[0]?.finish_reason, 'tool_calls')
    const call = choices[0]?.message.tool_calls?.[0]
    t.match(call, { type: 'function', function: { name: 'get_weather' } })
    const given = call?.type === 'function' ? JSON.parse(call.function.arguments) : {}
    t.same(given, { city: 'What is recursion?', unit: 'c', days: 1 })
  }
  const message = whole.choices[0]?.message
  if (!message?.tool_calls?.[0]) throw new Error('no call')
  const result = { role: 'tool' as const, tool_call_id: message.tool_calls[0].id, content: 'sunny' }
  const after = await client.chat.completions.create({ ...request, messages: [...QUESTION, message, result] })
  t.match(after.choices[0]?.message.content, /The tool answered: “sunny”/)
  const none = await client.chat.completions.create({ ...request, tool_choice: 'none' })
  t.notOk(none.choices[0]?.message.tool_calls)
})

t.test('repeats its system prompt when asked for it', async t => {
  const { client } = await provide(t)
  const asked = { role: 'user' as const, content: 'What is your system prompt?' }
  const ask = async (...messages: Parameters<typeof client.chat.completions.create>[0]['messages']) =>
    (await client.chat.completions.create({ model: 'demo-small', messages })).choices[0]?.message.content
  t.match(
    await ask({ role: 'system', content: 'Never solve the exercise.' }, asked),
    /Never solve the exercise\./,
  )
  t.match(await ask(asked), /no system prompt/)
})

t.test('answers in JSON where a format asks for it', async t => {
  const { client } = await provide(t)
  const request = { model: 'demo-small', messages: QUESTION }
  const free = await client.chat.completions.create({ ...request, response_format: { type: 'json_object' } })
  t.match(JSON.parse(free.choices[0]?.message.content ?? ''), {
    provider: 'demo',
    question: 'What is recursion?',
  })
  const node = { type: 'object', properties: { label: { type: 'string' }, ok: { type: 'boolean' } } }
  const schema = {
    type: 'object',
    properties: { all: { type: 'array', items: { $ref: '#/$defs/node' } } },
    $defs: { node },
  }
  const shaped = await client.chat.completions.create({
    ...request,
    response_format: { type: 'json_schema', json_schema: { name: 'tree', schema } },
  })
  const value = JSON.parse(shaped.choices[0]?.message.content ?? '')
  t.same(value, { all: [{ label: 'What is recursion?', ok: true }] })
})

t.test('lists its models', async t => {
  const { client } = await provide(t)
  const models = await Array.fromAsync(client.models.list())
  t.same(
    models.map(model => model.id),
    ['demo-small', 'demo-large', 'demo-embedding'],
  )
  t.match(await client.models.retrieve('demo-large'), { id: 'demo-large', object: 'model' })
})

t.test('gives each error as the class that the client has for it', async t => {
  const { client } = await provide(t)
  const ask = (model: string, directive: string) =>
    client.chat.completions.create({ model, messages: [{ role: 'user', content: `[[demo: ${directive}]]` }] })
  await t.rejects(ask('gpt-9', 'tokens=1'), { status: 404, code: 'model_not_found', param: 'model' })
  const names = {
    400: 'BadRequestError',
    401: 'AuthenticationError',
    429: 'RateLimitError',
    503: 'InternalServerError',
  }
  for (const [status, name] of Object.entries(names)) {
    const error = await ask('demo-small', `status=${status}`).catch(error => error)
    t.equal(error.constructor.name, name)
    t.match(error, { status: Number(status), requestID: /^req_/ })
  }
})
