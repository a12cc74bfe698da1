import Anthropic from '@anthropic-ai/sdk'
import t from 'tap'
import { provide, until } from './provider.ts'

/** The Messages API, as Anthropic's own client meets it. */

const user = (content: string) => [{ role: 'user' as const, content }]
const base = { model: 'demo-small', max_tokens: 500 }

async function ask(t: Parameters<typeof provide>[0]) {
  const provider = await provide(t)
  const client = new Anthropic({ baseURL: provider.url, apiKey: 'sk-ant-test', maxRetries: 0 })
  return { ...provider, client }
}

t.test('answers at once and as a stream with the same text and usage', async t => {
  const { client } = await ask(t)
  const request = { ...base, system: 'Be kind.', messages: user('Hello [[demo: usage=50,20,30]]') }
  const whole = await client.messages.create(request)
  const streamed = await client.messages.stream(request).finalMessage()
  t.same(streamed.content, whole.content)
  t.match(whole, {
    type: 'message',
    stop_reason: 'end_turn',
    usage: { input_tokens: 20, cache_read_input_tokens: 30, output_tokens: 20 },
  })
  t.same(streamed.usage, whole.usage)
})

t.test('thinks within its cap, and stops at it', async t => {
  const { client } = await ask(t)
  const thinking = { type: 'adaptive' as const }
  const whole = await client.messages.create({ ...base, thinking, messages: user('Hello') })
  t.same(
    whole.content.map(({ type }) => type),
    ['thinking', 'text'],
  )
  const short = await client.messages.create({ ...base, max_tokens: 12, thinking, messages: user('Hello') })
  t.match(short, { stop_reason: 'max_tokens', usage: { output_tokens: 12 } })
})

t.test('calls a tool, then answers in text', async t => {
  const { client } = await ask(t)
  const tools = [
    { name: 'f', input_schema: { type: 'object' as const, properties: { a: { type: 'string' } } } },
  ]
  const first = await client.messages.stream({ ...base, tools, messages: user('fish') }).finalMessage()
  t.match(first, {
    stop_reason: 'tool_use',
    content: [{ type: 'tool_use', name: 'f', input: { a: 'fish' } }],
  })
  const [call] = first.content
  const results = [
    { type: 'tool_result' as const, tool_use_id: call?.type === 'tool_use' ? call.id : '', content: 'done' },
  ]
  const messages = [
    ...user('fish'),
    { role: 'assistant' as const, content: first.content },
    { role: 'user' as const, content: results },
  ]
  const second = await client.messages.create({ ...base, tools, messages })
  t.match(second.content, [{ type: 'text', text: /“done”/ }])
  const named = { type: 'tool' as const, name: 'g' }
  await t.rejects(client.messages.create({ ...base, tools, tool_choice: named, messages: user('x') }), {
    message: /'g' is not among the tools/,
  })
})

t.test('refuses what Anthropic refuses, in its shape', async t => {
  const { client, send, control } = await ask(t)
  const refused = (fields: object, message: RegExp) =>
    t.rejects(client.messages.create({ ...base, messages: user('x'), ...fields }), { status: 400, message })
  await refused({ seed: 1 }, /Extra inputs/)
  await refused({ max_tokens: 0 }, /max_tokens/)
  await refused({ temperature: 2 }, /temperature/)
  await refused({ messages: [] }, /at least one message/)
  await refused({ messages: [{ role: 'assistant', content: 'x' }] }, /first message/)
  await refused({ messages: user(' ') }, /non-whitespace/)
  await refused({ tools: [{ name: 'f', input_schema: {} }] }, /input_schema/)
  await t.rejects(client.messages.create({ ...base, model: 'x', messages: user('x') }), {
    message: /not_found_error/,
  })
  t.equal((await send('POST', '/v1/messages', {})).status, 400, 'without anthropic-version')
  control.accept(['sk-other'])
  await t.rejects(client.messages.create({ ...base, messages: user('x') }), Anthropic.AuthenticationError)
  control.accept(['sk-ant-test'])
  await client.messages.create({ ...base, messages: user('x') })
})

t.test('goes wrong as directed', async t => {
  const { client, requests } = await ask(t)
  const streamed = (directive: string) =>
    client.messages.stream({ ...base, messages: user(`[[demo: ${directive}]]`) }).finalMessage()
  await t.rejects(streamed('status=529'), { message: /529.*overloaded_error/ })
  await t.rejects(streamed('error=stream'), /Overloaded/)
  await t.rejects(streamed('cut=3 gap=5'), Error)
  await until(() => requests.at(-1)?.endedAt !== null)
  t.match(requests.at(-1), { chunks: 3, aborted: false })
  t.match(await streamed('crlf split=7 tokens=9'), { usage: { output_tokens: 9 } })
})
