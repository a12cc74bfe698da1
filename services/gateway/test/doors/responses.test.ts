import OpenAI from 'openai'
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod'
import t from 'tap'
import { z } from 'zod'
import { MODEL, startCampus } from '../campus.ts'

/** OpenAI's official client on the Responses API. Only its base URL and key are changed. */

const campus = await startCampus(t)
const { client, provider, staff } = campus

const weather = {
  type: 'function' as const,
  name: 'weather',
  strict: null,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const sent = () => provider.requests.at(-1)?.body as Record<string, unknown> & { messages: unknown[] }
const lastRecord = async () => (await campus.records()).at(-1)?.record
const failureOf = async (promise: Promise<unknown>) =>
  await promise.then(
    () => undefined,
    (error: unknown) => error,
  )

t.test('one in one piece, on record with its tokens', async t => {
  const { data, request_id } = await client.responses
    .create({
      model: MODEL,
      instructions: 'In rhyme.',
      input: 'Hello? [[demo: tokens=7 usage=100,7,40]]',
      max_output_tokens: 50,
      reasoning: { effort: 'low' },
      metadata: { course: 'a' },
    })
    .withResponse()
  t.match(data, {
    id: /^resp_[0-9a-f]{32}$/,
    object: 'response',
    status: 'completed',
    model: MODEL,
    error: null,
    incomplete_details: null,
    instructions: 'In rhyme.',
    metadata: { course: 'a' },
    store: false,
    output: [
      {
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', annotations: [] }],
      },
    ],
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 40 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 107,
    },
  })
  t.match(data.output_text, /^Hello! I am/)
  t.match(sent().messages, [
    { role: 'system', content: 'Be kind.' },
    { role: 'system', content: 'In rhyme.' },
    { role: 'user' },
  ])
  t.match(sent(), { max_tokens: 50, reasoning_effort: 'low' })
  t.match(await lastRecord(), {
    id: request_id,
    endpoint: '/v1/responses',
    outcome: 'completed',
    usage: { outputTokens: 7 },
  })
})

t.test('the events of a stream, numbered, and the helper that puts them together', async t => {
  const stream = await client.responses.create({ model: MODEL, input: 'Hi [[demo: tokens=5]]', stream: true })
  const events = await Array.fromAsync(stream)
  t.same(
    events.map(event => event.type),
    [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      ...Array.from({ length: 5 }, () => 'response.output_text.delta'),
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ],
  )
  t.same(
    events.map(event => event.sequence_number),
    events.map((_, index) => index),
  )
  t.match(events[0], { response: { status: 'in_progress', output: [], usage: null } })
  const record = await lastRecord()
  const final = await client.responses
    .stream({ model: MODEL, input: 'Hi [[demo: tokens=5]]' })
    .finalResponse()
  t.equal(final.output_text, record?.answers[0]?.text)
  t.equal(final.usage?.total_tokens, record?.chargeTokens)
})

t.test('tools, called in a stream and in one piece, and answered', async t => {
  const request = { model: MODEL, input: 'Weather in Rome?', tools: [weather] }
  const stream = client.responses.stream(request)
  const seen: string[] = []
  for await (const event of stream) seen.push(event.type)
  t.ok(seen.filter(type => type === 'response.function_call_arguments.delta').length > 1)
  t.same(seen.slice(-3), [
    'response.function_call_arguments.done',
    'response.output_item.done',
    'response.completed',
  ])
  const { output } = await stream.finalResponse()
  const [call] = output
  t.match(call, { type: 'function_call', name: 'weather', status: 'completed', call_id: /^call_/ })
  const whole = await client.responses.create({
    ...request,
    tool_choice: { type: 'function', name: 'weather' },
  })
  t.match(whole.output, [{ type: 'function_call', name: 'weather' }])
  t.match(sent().tool_choice, { type: 'function', function: { name: 'weather' } })

  const call_id = call?.type === 'function_call' ? call.call_id : ''
  const answered = await client.responses.create({
    ...request,
    parallel_tool_calls: false,
    input: [
      { role: 'user', content: 'Weather in Rome?' },
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { type: 'function_call', call_id, name: 'weather', arguments: '{"city":"Rome"}' },
      { type: 'function_call_output', call_id, output: 'Sunny' },
    ],
  })
  t.match(answered.output_text, /The tool answered: “Sunny”/)
  t.match(sent().messages.slice(1), [
    { role: 'user', content: 'Weather in Rome?' },
    { role: 'assistant', tool_calls: [{ id: call_id, function: { arguments: '{"city":"Rome"}' } }] },
    { role: 'tool', tool_call_id: call_id, content: 'Sunny' },
  ])
  t.equal(sent().parallel_tool_calls, false)
})

t.test('structured output, parsed by the helper, streamed and not; and a parsed tool', async t => {
  const Answer = z.object({ question: z.string(), sure: z.boolean() })
  const request = { model: MODEL, input: 'Sure?', text: { format: zodTextFormat(Answer, 'answer') } }
  const parsed = await client.responses.parse(request)
  t.match(parsed.output_parsed, { question: String, sure: Boolean })
  t.match(sent().response_format, { type: 'json_schema', json_schema: { name: 'answer', strict: true } })
  t.match((await client.responses.stream(request).finalResponse()).output_parsed, { question: String })
  const tool = zodResponsesFunction({ name: 'look_up', parameters: z.object({ word: z.string() }) })
  const called = await client.responses.parse({ model: MODEL, input: 'What is a monad?', tools: [tool] })
  t.match(called.output, [{ type: 'function_call', parsed_arguments: { word: String } }])
})

t.test('images, roles, and what was said before', async t => {
  await client.responses.create({
    model: MODEL,
    input: [
      { role: 'developer', content: 'Be short.' },
      { role: 'user', content: 'Hi' },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
      },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is this?' },
          { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' },
        ],
      },
    ],
  })
  t.match(sent().messages.slice(1), [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
      ],
    },
  ])
})

t.test('an answer that was cut by its cap, and one of a block rule, are incomplete', async t => {
  const request = { model: MODEL, input: 'hi [[demo: tokens=20]]', max_output_tokens: 3 }
  const cut = {
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
    usage: { output_tokens: 3 },
  }
  t.match(await client.responses.create(request), cut)
  const events = await Array.fromAsync(await client.responses.create({ ...request, stream: true }))
  t.match(events.at(-1), { type: 'response.incomplete', response: cut })
  staff.policy.rules = [{ id: 'r1', kind: 'block', pattern: 'solve it', message: 'Try it yourself.' }]
  await campus.changePrompts()
  const blocked = {
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    output_text: 'Try it yourself.',
  }
  t.match(await client.responses.create({ model: MODEL, input: 'Please solve it' }), blocked)
  t.match(await client.responses.stream({ model: MODEL, input: 'Please solve it' }).finalResponse(), blocked)
  staff.policy.rules = []
  await campus.changePrompts()
})

t.test('what cannot be done here is refused with a word on what to do', async t => {
  const cases: [object, RegExp][] = [
    [{ previous_response_id: 'resp_1' }, /no responses are kept here. Send the whole conversation in input/],
    [{ conversation: 'conv_1' }, /Send the whole conversation/],
    [{ background: true }, /background is not possible/],
    [{ tools: [{ type: 'web_search' }] }, /tools\[0\] is the built-in tool web_search/],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, /input\[0\] refers to what was said before/],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] },
      /input\[0\]\.content\[0\]\.type is input_file/,
    ],
    [{ input: 5 }, /input must be a list/],
    [{ input: [] }, /input says nothing/],
    [{ text: { format: { type: 'grammar' } } }, /text\.format\.type must be/],
  ]
  const { length } = provider.requests
  for (const [body, message] of cases) {
    const failure = await failureOf(client.responses.create({ model: MODEL, input: 'hi', ...body }))
    t.type(failure, OpenAI.BadRequestError)
    t.match(failure, { code: 'invalid_request', message, param: String })
  }
  t.equal(provider.requests.length, length)
})

t.test('P5: a provider that breaks in the middle: an error, never an end', async t => {
  const input = '[[demo: cut=5 gap=5 tokens=50]]'
  const seen: string[] = []
  const failure = await failureOf(
    client.responses.create({ model: MODEL, input, stream: true }).then(async stream => {
      for await (const event of stream) seen.push(event.type)
    }),
  )
  t.match(failure, { code: 'provider_error', message: /failed/ })
  t.equal(seen.at(-1), 'response.output_text.delta')
  t.match(await failureOf(client.responses.stream({ model: MODEL, input }).finalResponse()), {
    code: 'provider_error',
  })
  const raw = await fetch(`${campus.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${campus.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, input, stream: true }),
  })
  const last = (await raw.text()).trimEnd().split('\n\n').at(-1)
  t.match(
    last,
    /^event: response\.failed\ndata: .*"status":"failed","background":false,"error":\{"code":"provider_error"/,
  )
})
