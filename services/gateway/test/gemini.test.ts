import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { MODEL, startCampus } from './campus.ts'

/** Gemini's OpenAI-compatible API, as a server that is as strict and as loose as it is. */

const FIELDS = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'temperature',
  'tools',
  'input',
]
const usage = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 45 }
const call = (name: string, city: string, more: object = {}) => ({
  type: 'function',
  id: 'function-call-1',
  function: { name, arguments: JSON.stringify({ city }) },
  ...more,
})
const chunk = (delta: object, finish_reason: string | null = null) => ({
  object: 'chat.completion.chunk',
  model: 'gemini-test',
  choices: [{ index: 0, delta, finish_reason }],
  usage,
})
const CALLS = [
  chunk({ role: 'assistant', tool_calls: [call('weather', 'Oslo', { index: 0 })] }),
  chunk({ role: 'assistant', tool_calls: [call('weather', 'Rome', { index: 0 }), call('time', 'Rome')] }),
  chunk({ role: 'assistant', content: '' }, 'stop'),
]
const TEXT = [chunk({ role: 'assistant', content: 'Hello' }), chunk({ content: ' there' }, 'stop')]

let sent: Record<string, unknown> = {}
let key = ''
const server = createServer(async (request, response) => {
  sent = JSON.parse(Buffer.concat(await request.toArray()).toString())
  key = request.headers.authorization ?? ''
  const refuse = (message: string) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify([{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }]))
  }
  const unknown = Object.keys(sent).find(field => !FIELDS.includes(field))
  if (unknown) return refuse(`Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`)
  if (key === 'Bearer gemini-expired') return refuse('API key not valid. Please pass a valid API key.')
  if (JSON.stringify(sent.messages).includes('too hot')) return refuse('temperature is out of range')
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const data of sent.tools ? CALLS : TEXT) response.write(`data: ${JSON.stringify(data)}\r\n\r\n`)
  response.end('data: [DONE]\r\n\r\n')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
t.teardown(() => {
  server.closeAllConnections()
  server.close()
})

process.env.LECTERN_TEST_GEMINI_1 = 'gemini-expired'
process.env.LECTERN_TEST_GEMINI_2 = 'gemini-good'
const campus = await startCampus(t, {
  providers: () => ({
    providers: [
      {
        name: 'gemini',
        kind: 'gemini',
        baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1beta/openai`,
        apiKeyEnv: ['LECTERN_TEST_GEMINI_1', 'LECTERN_TEST_GEMINI_2'],
        models: [{ name: MODEL, model: 'gemini-test' }],
      },
    ],
  }),
})
const { client } = campus
const messages = [{ role: 'user' as const, content: 'hi' }]

t.test('only fields that it knows are sent; a key that it calls a bad request is a bad key', async t => {
  const more = { store: false, frequency_penalty: 0, metadata: { a: 'b' }, temperature: 0.5 }
  const stream = client.chat.completions.stream({ model: MODEL, messages, ...more })
  t.equal((await stream.finalChatCompletion()).choices[0]?.message.content, 'Hello there')
  t.equal(key, 'Bearer gemini-good')
  t.same(Object.keys(sent).sort(), [
    'max_tokens',
    'messages',
    'model',
    'stream',
    'stream_options',
    'temperature',
  ])
  const record = (await campus.records()).at(-1)?.record
  t.match(
    record?.usage,
    { inputTokens: 20, outputTokens: 25, source: 'provider' },
    'what it thought is in the total',
  )
  t.match(record?.parameters, more, 'the record has what the student sent')
})

t.test('calls of several tools arrive as several calls', async t => {
  const tools = ['weather', 'time'].map(name => ({
    type: 'function' as const,
    function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  }))
  const stream = client.chat.completions.stream({ model: MODEL, messages, tools })
  const { choices } = await stream.finalChatCompletion()
  const named = choices[0]?.message.tool_calls?.map(made => {
    return made.type === 'function' ? [made.function.name, made.function.arguments] : []
  })
  t.same(named, [
    ['weather', '{"city":"Oslo"}'],
    ['weather', '{"city":"Rome"}'],
    ['time', '{"city":"Rome"}'],
  ])
  t.equal(choices[0]?.finish_reason, 'tool_calls')
  const [answer] = (await campus.records()).at(-1)?.record.answers ?? []
  t.equal(answer?.toolCalls.length, 3)
})

t.test('its errors, which stand in a list, reach the student in its words', async t => {
  const asked = client.chat.completions.create({
    model: MODEL,
    messages: [{ role: 'user', content: 'too hot' }],
    stream: true,
  })
  await t.rejects(asked, { status: 400, code: 'provider_rejected', message: /temperature is out of range/ })
})
