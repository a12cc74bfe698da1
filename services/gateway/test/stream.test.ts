import { connect } from 'node:net'
import t from 'tap'
import { MODEL, startCampus, until } from './campus.ts'
import { eventsOf, postChat, readChunks, textOfEvents } from './http.ts'

const campus = await startCampus(t, { env: { IDLE_TIMEOUT_MS: '400', WRITE_IDLE_TIMEOUT_MS: '700' } })
const { client, provider } = campus

async function lastRecord(count: number) {
  return (await campus.recordsOf(count)).at(-1)?.record
}
let recorded = 0

async function streamed(text: string, more: object = {}) {
  const response = await postChat(campus, text, more)
  const read = await readChunks(response)
  recorded += 1
  return { ...read, response, events: eventsOf(read.text), record: await lastRecord(recorded) }
}

t.test('P7: each chunk leaves as it comes', async t => {
  // The first request of a process opens connections and compiles code.
  await streamed('warm')
  const startedAt = performance.now()
  const { chunks, record } = await streamed('[[demo: first=300 gap=300 tokens=4]]')
  // The opening frame and the first token come together, then one token at a time, then the end.
  const arrivals = chunks.slice(0, 4).map(chunk => Math.round(chunk.atMs - startedAt))
  t.equal(chunks.filter(chunk => chunk.text.includes('"content"')).length, 4, 'each an event of its own')
  for (const [index, at] of arrivals.entries()) {
    t.ok(Math.abs(at - 300 * (index + 1)) < 120, `chunk ${index} after ${at} ms`)
  }
  t.ok((record?.firstTokenMs ?? 0) >= 290 && (record?.firstTokenMs ?? 0) < 420)
})

t.test('the usage frame is forwarded to who asked for it, and no other', async t => {
  const asked = await streamed('hi', { stream_options: { include_usage: true } })
  const frames = asked.events.slice(0, -1).map(event => JSON.parse(event))
  t.equal(frames.at(-1).usage.total_tokens, asked.record?.chargeTokens)
  t.equal(asked.events.at(-1), '[DONE]')
  const plain = await streamed('hi')
  t.notOk(plain.events.some(event => event.includes('total_tokens')))
  t.equal(plain.record?.usage.source, 'provider')
})

t.test('however the bytes are cut, the client gets the same text', async t => {
  const expected = textOfEvents((await streamed('[[demo: tokens=20]]')).events)
  for (const how of ['crlf', 'split=1', 'split=7 crlf', 'bundle=5', 'bundle=1000', 'done=none']) {
    const { events, record, broken } = await streamed(`[[demo: tokens=20 ${how}]]`)
    t.notOk(broken)
    t.equal(textOfEvents(events), expected, how)
    t.equal(record?.answers[0]?.text, expected, `${how}: recorded`)
    t.equal(events.filter(event => event === '[DONE]').length, 1, `${how}: exactly one end`)
    t.match(record, { outcome: 'completed', usage: { source: 'provider' } })
  }
})

t.test('one huge frame passes', async t => {
  const { events, record } = await streamed('[[demo: big=3000000 tokens=3]]')
  t.equal(textOfEvents(events).startsWith('x'.repeat(3_000_000)), true)
  t.equal(events.at(-1), '[DONE]')
  t.equal(record?.outcome, 'completed')
})

t.test('tool calls are put together in the record', async t => {
  const tools = [{ type: 'function' as const, function: { name: 'look_up', parameters: { type: 'object' } } }]
  const stream = client.chat.completions.stream({
    model: MODEL,
    messages: [{ role: 'user', content: 'weather?' }],
    tools,
  })
  const final = await stream.finalChatCompletion()
  recorded += 1
  const calls = final.choices[0]?.message.tool_calls
  const record = await lastRecord(recorded)
  t.match(record?.answers[0]?.toolCalls, [
    { type: 'function', function: { name: 'look_up', arguments: /^\{/ } },
  ])
  t.match(record?.answers[0]?.toolCalls, [{ id: calls?.[0]?.id }])
  t.equal(record?.answers[0]?.finishReason, 'tool_calls')
})

t.test('several choices', async t => {
  const { record } = await streamed('hello', { n: 3 })
  t.equal(record?.answers.length, 3)
  t.equal(record?.answers[2]?.text, record?.answers[0]?.text)
})

t.test('P5: usage that nobody reported is counted, never zero', async t => {
  const { record } = await streamed('[[demo: usage=none tokens=30]]')
  t.match(record, { outcome: 'completed', usage: { source: 'estimate' } })
  const { inputTokens = 0, outputTokens = 0 } = record?.usage ?? {}
  t.ok(outputTokens >= 15 && outputTokens <= 60, `${outputTokens} of 30`)
  t.ok(inputTokens >= 10 && inputTokens <= 60, `${inputTokens}`)
  t.equal(record?.chargeTokens, inputTokens + outputTokens)
})

t.test('P5: a provider that breaks in the middle: an error frame, charged for what came', async t => {
  const faults = [
    ['cut=5', 'upstream_cut', 'provider_error'],
    ['error=stream after=5', 'upstream_cut', 'provider_error'],
    ['hang=stream after=5', 'upstream_stalled', 'provider_timeout'],
  ] as const
  for (const [directive, outcome, code] of faults) {
    const { events, record, response, broken } = await streamed(`[[demo: ${directive} tokens=50]]`)
    t.equal(response.status, 200)
    t.notOk(broken, 'the stream ends in order')
    t.match(JSON.parse(events.at(-1) ?? ''), { error: { code, type: 'server_error' } }, directive)
    t.notOk(events.includes('[DONE]'))
    t.match(record, { outcome, errorCode: code, usage: { source: 'estimate' } })
    t.ok((record?.usage.outputTokens ?? 0) > 0 && (record?.usage.outputTokens ?? 0) < 20)
    t.equal(record?.answers[0]?.text, textOfEvents(events.slice(0, -1)))
  }
  const thrown = await client.chat.completions
    .create({ model: MODEL, messages: [{ role: 'user', content: '[[demo: cut=5]]' }], stream: true })
    .then(async stream => {
      for await (const _ of stream);
    })
    .catch(error => error)
  recorded += 1
  t.match(thrown, { code: 'provider_error' }, 'the official client throws the frame as an error')
})

t.test('a reader that stands still is waited for with bounded memory, then cut', async t => {
  const socket = connect(Number(new URL(campus.url).port), '127.0.0.1')
  socket.pause()
  const body = JSON.stringify({
    model: MODEL,
    messages: [{ role: 'user', content: '[[demo: big=60000000 tokens=3]]' }],
    stream: true,
  })
  const before = process.memoryUsage().rss
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${campus.key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  recorded += 1
  const record = await lastRecord(recorded)
  t.match(record, { outcome: 'client_gone' })
  // The provider lives in this process too and holds its one huge frame: twice its size is for it alone.
  const grownBytes = process.memoryUsage().rss - before
  t.ok(grownBytes < 300e6, `${Math.round(grownBytes / 1e6)} MB`)
  t.ok(await until(() => provider.requests.at(-1)?.endedAt), 'the provider was told')
  socket.destroy()
})
