import Anthropic from '@anthropic-ai/sdk'
import t from 'tap'
import { MODEL, startCampus } from '../campus.ts'

/** Anthropic's official client, unmodified: only its base URL and key are changed. */

const campus = await startCampus(t)
const { staff, provider } = campus
const client = new Anthropic({ baseURL: campus.url, apiKey: campus.key, maxRetries: 0 })

const weather = {
  name: 'weather',
  description: 'Tells the weather',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
}
const ask = (content: Anthropic.MessageParam['content'], more: object = {}) => ({
  model: MODEL,
  max_tokens: 200,
  messages: [{ role: 'user' as const, content }],
  ...more,
})
const sent = () => provider.requests.at(-1)?.body as Record<string, unknown> & { messages: unknown[] }
const lastRecord = async () => (await campus.records()).at(-1)?.record

t.test('a message in one piece, on record with its tokens', async t => {
  const { data, request_id } = await client.messages
    .create(
      ask('Hello? [[demo: tokens=7 usage=100,7,40]]', { system: [{ type: 'text', text: 'In rhyme.' }] }),
    )
    .withResponse()
  t.match(data, {
    id: /^msg_[0-9a-f]{32}$/,
    type: 'message',
    role: 'assistant',
    model: MODEL,
    content: [{ type: 'text', text: /^Hello! I am/ }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 7 },
  })
  t.match(sent().messages, [
    { role: 'system', content: 'Be kind.' },
    { role: 'system', content: 'In rhyme.' },
    { role: 'user' },
  ])
  t.equal(sent().max_tokens, 200)
  t.match(await lastRecord(), {
    id: request_id,
    endpoint: '/v1/messages',
    stream: false,
    usage: { inputTokens: 100, outputTokens: 7, cachedTokens: 40, source: 'provider' },
    outcome: 'completed',
  })
})

t.test('the events of a stream, in Anthropic’s order and with the tokens at its end', async t => {
  const stream = await client.messages.create({ ...ask('Hello? [[demo: tokens=5]]'), stream: true })
  const events = await Array.fromAsync(stream)
  t.same(
    events.map(event => event.type),
    [
      'message_start',
      'content_block_start',
      ...Array.from({ length: 5 }, () => 'content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ],
  )
  t.match(events[0], { message: { content: [], stop_reason: null, usage: { input_tokens: 0 } } })
  t.match(events[1], { index: 0, content_block: { type: 'text', text: '' } })
  const record = await lastRecord()
  t.match(events.at(-2), {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { input_tokens: record?.usage.inputTokens, output_tokens: 5 },
  })
  t.equal(record?.stream, true)
})

t.test('however the bytes of the provider are cut, the message is the same', async t => {
  const text = async (how: string) =>
    await client.messages.stream(ask(`[[demo: tokens=20 ${how}]]`)).finalText()
  const expected = await text('')
  t.ok(expected.length > 50)
  for (const how of ['split=1', 'crlf split=3', 'bundle=1000', 'done=none'])
    t.equal(await text(how), expected, how)
  t.equal((await text('big=3000000')).startsWith('x'.repeat(3_000_000)), true, 'one huge frame')
})

t.test('tools: called, answered, and the whole conversation sent again', async t => {
  const tools = [weather]
  const first = await client.messages.stream(ask('Weather in Rome?', { tools })).finalMessage()
  t.equal(first.stop_reason, 'tool_use')
  const [call] = first.content
  t.match(call, { type: 'tool_use', name: 'weather', input: { city: String } })
  const whole = await client.messages.create(ask('Weather in Rome?', { tools, tool_choice: { type: 'any' } }))
  t.match(whole.content, [{ type: 'tool_use', name: 'weather', input: { city: String } }])
  t.equal(sent().tool_choice, 'required')

  const id = call?.type === 'tool_use' ? call.id : ''
  const second = await client.messages.create({
    ...ask([], { tools }),
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    messages: [
      { role: 'user', content: 'Weather in Rome?' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: '' }, ...first.content] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: 'Sunny' }] }],
      },
    ],
  })
  t.match(second.content, [{ type: 'text', text: /The tool answered: “Sunny”/ }])
  t.match(sent(), { tool_choice: 'auto', parallel_tool_calls: false })
  t.match(sent().messages.slice(1), [
    { role: 'user', content: 'Weather in Rome?' },
    { role: 'assistant', content: null, tool_calls: [{ id, function: { name: 'weather' } }] },
    { role: 'tool', tool_call_id: id, content: 'Sunny' },
  ])
})

t.test('images, stop sequences, a schema, and what Lectern leaves out', async t => {
  const image = { type: 'base64' as const, media_type: 'image/png' as const, data: 'iVBORw0KGgo=' }
  const answer = await client.messages.create(
    ask(
      [
        { type: 'image', source: image },
        { type: 'text', text: 'What is this?', cache_control: { type: 'ephemeral' } },
      ],
      {
        stop_sequences: ['END'],
        temperature: 0.5,
        top_k: 5,
        metadata: { user_id: 'my real name' },
        thinking: { type: 'enabled', budget_tokens: 1024 },
        output_config: {
          format: { type: 'json_schema', schema: { type: 'object', properties: { it: { type: 'string' } } } },
        },
      },
    ),
  )
  t.match(answer.content, [{ type: 'text', text: /^\{"it"/ }])
  const { messages, ...fields } = sent()
  t.same(messages.at(-1), {
    role: 'user',
    content: [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
      { type: 'text', text: 'What is this?' },
    ],
  })
  t.match(fields, { stop: ['END'], temperature: 0.5, response_format: { type: 'json_schema' } })
  for (const field of ['top_k', 'metadata', 'thinking']) t.notOk(field in fields, field)
  t.not(fields.user, 'my real name')
})

t.test(
  'a request as Claude Code makes it: a bearer token, betas, blocks that are cached, thoughts allowed',
  async t => {
    const coder = new Anthropic({ baseURL: campus.url, authToken: campus.key, apiKey: null, maxRetries: 0 })
    const cache_control = { type: 'ephemeral' as const }
    const final = await coder.beta.messages
      .stream({
        ...ask([
          { type: 'text', text: '<system-reminder>Today is Monday.</system-reminder>' },
          { type: 'text', text: 'Weather in Rome?', cache_control },
        ]),
        betas: ['context-management-2025-06-27'],
        system: [
          { type: 'text', text: 'You write code.', cache_control },
          { type: 'text', text: 'Be brief.', cache_control },
        ],
        thinking: { type: 'adaptive' },
        context_management: { edits: [] },
        metadata: { user_id: 'user_abc' },
        tools: [{ ...weather, type: 'custom', cache_control }],
      })
      .finalMessage()
    t.match(final, { stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'weather' }] })
    t.match(sent().messages, [
      { content: 'Be kind.' },
      { role: 'system', content: 'You write code.\n\nBe brief.' },
      { role: 'user', content: [{ type: 'text' }, { type: 'text', text: 'Weather in Rome?' }] },
    ])
    t.notMatch(JSON.stringify(sent()), /cache_control|context_management|user_abc/)
    t.same(
      (await Array.fromAsync(coder.models.list())).map(model => model.id),
      [MODEL],
    )
  },
)

t.test('an answer that was cut by its cap, and one of a block rule', async t => {
  t.match(await client.messages.create(ask('hi [[demo: tokens=20]]', { max_tokens: 3 })), {
    stop_reason: 'max_tokens',
    usage: { output_tokens: 3 },
  })
  staff.policy.rules = [{ id: 'r1', kind: 'block', pattern: 'solve it', message: 'Try it yourself.' }]
  await campus.changePrompts()
  const blocked = await client.messages.create(ask('Please solve it'))
  t.match(blocked, {
    content: [{ text: 'Try it yourself.' }],
    stop_reason: 'refusal',
    usage: { output_tokens: 0 },
  })
  t.match(await client.messages.stream(ask('Please solve it')).finalMessage(), {
    content: [{ text: 'Try it yourself.' }],
    stop_reason: 'refusal',
  })
  staff.policy.rules = []
  await campus.changePrompts()
})

t.test('count_tokens asks no provider, holds nothing, and counts the staff’s prompt', async t => {
  const before = { requests: provider.requests.length, reserve: campus.asked.reserve.length }
  const count = async (content: string) =>
    (await client.messages.countTokens({ model: MODEL, messages: [{ role: 'user', content }] })).input_tokens
  const short = await count('hi')
  const long = await count('hello '.repeat(1000))
  t.ok(long - short > 900 && long - short < 1200, `${long - short}`)
  staff.policy.prompt = { id: 'p2', version: 2, text: 'Be very kind. '.repeat(100) }
  await campus.changePrompts()
  t.ok((await count('hi')) > short + 300)
  t.equal(provider.requests.length, before.requests)
  t.equal(campus.asked.reserve.length, before.reserve)
  const wrong = client.messages.countTokens({ model: 'nope', messages: [{ role: 'user', content: 'hi' }] })
  await t.rejects(wrong, Anthropic.NotFoundError)
})
