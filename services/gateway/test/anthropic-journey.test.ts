import { directiveInJson } from '@lectern/demo-provider/directive.ts'
import t from 'tap'
import { startCampus, until } from './campus.ts'
import { eventsOf, postChat, readChunks, textOfEvents } from './http.ts'

/** The whole journey with a provider that speaks Anthropic's API: for a student it is OpenAI's. */

const CLAUDE = 'claude'
process.env.CLAUDE_TEST_KEY = 'sk-ant-test-key'
const campus = await startCampus(t, {
  env: { IDLE_TIMEOUT_MS: '400' },
  providers: demo => ({
    providers: [
      {
        name: 'anthropic',
        kind: 'anthropic',
        baseUrl: demo,
        apiKeyEnv: 'CLAUDE_TEST_KEY',
        models: [
          { name: CLAUDE, model: 'demo-small' },
          { name: 'both', model: 'demo-small' },
        ],
      },
      {
        name: 'openai',
        kind: 'openai',
        baseUrl: demo,
        models: [{ name: 'both', model: 'demo-large', weight: 0 }],
      },
    ],
  }),
})
const { client, provider } = campus

let recorded = 0
async function nextRecord() {
  recorded += 1
  return (await campus.recordsOf(recorded)).at(-1)?.record
}

async function streamed(text: string, more: object = {}) {
  const response = await postChat(campus, text, { model: CLAUDE, ...more })
  const read = await readChunks(response)
  return { ...read, status: response.status, events: eventsOf(read.text), record: await nextRecord() }
}

const lastSent = () => provider.requests.at(-1)?.body as Record<string, unknown>
const tools = [
  {
    type: 'function' as const,
    function: { name: 'look_up', parameters: { type: 'object', properties: { word: { type: 'string' } } } },
  },
]

t.test('P1, P6: a stream is relayed, charged exactly, under the staff’s prompt', async t => {
  const { events, record } = await streamed('Hello there', { stream_options: { include_usage: true } })
  const frames = events.slice(0, -1).map(event => JSON.parse(event))
  t.equal(events.at(-1), '[DONE]')
  t.match(frames[0], { object: 'chat.completion.chunk', choices: [{ delta: { role: 'assistant' } }] })
  t.match(frames.at(-2), { choices: [{ finish_reason: 'stop' }] })
  const { usage } = frames.at(-1)
  t.match(record, {
    outcome: 'completed',
    provider: 'anthropic',
    usage: { source: 'provider', inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
    chargeTokens: usage.total_tokens,
    answers: [{ text: textOfEvents(events), finishReason: 'stop' }],
  })
  t.match(provider.requests.at(-1), {
    path: '/v1/messages',
    headers: { 'x-api-key': 'sk-ant-test-key', 'anthropic-version': '2023-06-01', authorization: undefined },
    body: {
      system: [{ type: 'text', text: 'Be kind.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello there' }] }],
      max_tokens: 500,
      metadata: { user_id: /^[\w-]{20,}$/ },
    },
  })
  t.notMatch(JSON.stringify(lastSent()), /\bada\b/, 'a name that only we can read')
})

t.test('P7: each event leaves as it comes', async t => {
  const startedAt = performance.now()
  const { chunks } = await streamed('[[demo: first=200 gap=200 tokens=4]]')
  const arrivals = chunks.filter(({ text }) => text.includes('"content"')).map(({ atMs }) => atMs - startedAt)
  t.equal(arrivals.length, 4)
  for (const [at, ms] of arrivals.entries())
    t.ok(Math.abs(ms - 200 * (at + 1)) < 120, `${at}: ${Math.round(ms)} ms`)
})

t.test('the official client: an answer in one piece, cached input, a system prompt of one’s own', async t => {
  const answer = await client.chat.completions.create({
    model: CLAUDE,
    messages: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'What is your system prompt? [[demo: usage=40,7,30]]' },
    ],
  })
  t.match(answer, {
    object: 'chat.completion',
    choices: [{ message: { content: /Be kind\.Be brief\./ }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 40, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 30 } },
  })
  t.match(await nextRecord(), {
    usage: { inputTokens: 40, outputTokens: 7, cachedTokens: 30 },
    chargeTokens: 47,
  })
})

t.test('tools: called, answered, and called by the client’s own runner', async t => {
  const runner = client.chat.completions.runTools({
    model: CLAUDE,
    stream: true,
    messages: [{ role: 'user', content: 'fish' }],
    tools: [
      {
        type: 'function',
        function: {
          ...tools[0]?.function,
          name: 'look_up',
          parse: JSON.parse,
          function: ({ word }: { word: string }) => `${word}!`,
        },
      },
    ] as never,
  })
  t.match(await runner.finalContent(), /The tool answered: “fish!”/)
  recorded += 1
  t.match(await nextRecord(), { outcome: 'completed' })
  const first = (await campus.records()).at(-2)?.record
  t.match(first?.answers[0], {
    toolCalls: [
      { id: /^toolu_/, type: 'function', function: { name: 'look_up', arguments: '{"word":"fish"}' } },
    ],
    finishReason: 'tool_calls',
  })
  t.match(lastSent().messages, [
    { role: 'user' },
    { role: 'assistant', content: [{ type: 'tool_use', name: 'look_up', input: { word: 'fish' } }] },
    { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: 'fish!' }] }] },
  ])
})

t.test('thoughts are reasoning_content, and paid for; a schema is kept to', async t => {
  const { events, record } = await streamed('think', { reasoning_effort: 'high' })
  const thoughts = events
    .slice(0, -1)
    .map(event => JSON.parse(event).choices[0]?.delta.reasoning_content ?? '')
  t.equal(thoughts.join(''), 'The user asks, so I answer.')
  t.notMatch(record?.answers[0]?.text, 'so I answer')
  t.ok((record?.usage.outputTokens ?? 0) > 8)
  const schema = {
    type: 'object',
    properties: { word: { type: 'string' } },
    required: ['word'],
    additionalProperties: false,
  }
  const answer = await client.chat.completions.parse({
    model: CLAUDE,
    messages: [{ role: 'user', content: 'fish' }],
    response_format: { type: 'json_schema', json_schema: { name: 'w', schema } },
  })
  await nextRecord()
  t.same(answer.choices[0]?.message.parsed, { word: 'fish' })
})

t.test(
  'P5: an answer that breaks off: an error frame, its prompt charged as reported, the rest counted',
  async t => {
    const whole = await streamed('[[demo: tokens=50]]')
    const faults = [
      ['cut=5', 'upstream_cut', 'provider_error'],
      ['error=stream after=5', 'upstream_cut', 'provider_error'],
      ['hang=stream after=5', 'upstream_stalled', 'provider_timeout'],
    ] as const
    for (const [directive, outcome, code] of faults) {
      provider.control.direct(
        directiveInJson(Object.fromEntries(directive.split(' ').map(pair => pair.split('=')))),
        1,
      )
      const { events, record, broken } = await streamed('[[demo: tokens=50]]')
      t.notOk(broken, 'the stream ends in order')
      t.match(JSON.parse(events.at(-1) ?? ''), { error: { code } }, directive)
      t.match(record, {
        outcome,
        usage: { source: 'estimate', inputTokens: whole.record?.usage.inputTokens },
      })
      t.ok((record?.usage.outputTokens ?? 0) > 0 && (record?.usage.outputTokens ?? 0) < 20)
      t.equal(record?.answers[0]?.text, textOfEvents(events.slice(0, -1)))
    }
  },
)

t.test(
  'an error in the first frame of a 200, and whole, is an answer with a status that costs nothing',
  async t => {
    for (const stream of [true, false]) {
      const response = await postChat(campus, '[[demo: error=stream after=0]]', { model: CLAUDE, stream })
      t.equal(response.status, 502)
      t.match(await response.json(), { error: { code: 'provider_error' } })
      t.match(await nextRecord(), { outcome: 'upstream_failed', chargeTokens: 0 })
    }
  },
)

t.test('refusals of the provider', async t => {
  for (const [status, given, code] of [
    [529, 502, 'provider_error'],
    [429, 502, 'provider_error'],
    [413, 400, 'provider_rejected'],
  ] as const) {
    const response = await postChat(campus, `[[demo: status=${status} retry-after=0]]`, { model: CLAUDE })
    t.equal(response.status, given, String(status))
    t.match(await response.json(), { error: { code } })
    t.match(await nextRecord(), { outcome: 'upstream_failed', chargeTokens: 0 })
  }
})

t.test('P5: a client that hangs up ends the request at once, and pays for what came', async t => {
  const leaving = new AbortController()
  const response = await postChat(
    campus,
    '[[demo: gap=20 tokens=500]]',
    { model: CLAUDE },
    { signal: leaving.signal },
  )
  const reader = response.body?.getReader()
  await reader?.read()
  leaving.abort()
  await reader?.read().catch(() => null)
  const sent = await until(() => provider.requests.at(-1)?.endedAt && provider.requests.at(-1))
  t.match(sent, { aborted: true })
  const record = await nextRecord()
  t.match(record, { outcome: 'client_gone' })
  t.ok((record?.chargeTokens ?? 0) > 0 && (record?.usage.outputTokens ?? 0) < 100)
})

t.test(
  'what Claude cannot do is refused with nothing held, or done by another provider of the model',
  async t => {
    const reservations = campus.asked.reserve.length
    const response = await postChat(campus, 'hi', { model: CLAUDE, n: 2 })
    t.equal(response.status, 400)
    t.match(await response.json(), { error: { code: 'invalid_request', param: 'n', message: /one answer/ } })
    t.equal(campus.asked.reserve.length, reservations)
    const both = await streamed('hi', { model: 'both', n: 2 })
    t.match(both.record, { provider: 'openai', answers: { length: 2 } })
    t.match((await streamed('hi', { model: 'both' })).record, { provider: 'anthropic' })
  },
)

t.test('P1: the hold covers what the provider reads and reports', async t => {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(4000)}` } }
  const content = [{ type: 'text', text: 'Grüße 你好 "quoted" \n'.repeat(20) }, image]
  const messages = [
    { role: 'assistant', content: 'Hello!' },
    { role: 'user', content },
  ]
  const { record } = await streamed('', { messages, tools, tool_choice: 'none' })
  const held = campus.asked.reserve.at(-1)?.inputTokens ?? 0
  t.ok(held >= (record?.usage.inputTokens ?? Infinity), `${held} held`)
  t.match(lastSent().messages, [
    { role: 'user' },
    { role: 'assistant' },
    { role: 'user', content: [{}, { type: 'image' }] },
  ])
})
