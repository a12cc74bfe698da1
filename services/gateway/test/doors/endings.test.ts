import t from 'tap'
import { MODEL, startCampus, until } from '../campus.ts'

/** What the promises about the end of an answer mean at each door that writes its streams anew. */

const campus = await startCampus(t, { env: { RECORD_ACK_TIMEOUT_MS: '5000' } })
const { nats, provider } = campus
const text = 'Hello [[demo: gap=30 tokens=10]]'
const endless = 'Hello [[demo: gap=10 tokens=400]]'

/** The request of each door, and the events that say that an answer, or its last part, is complete. */
const DOORS = [
  {
    path: '/v1/messages',
    body: (content: string) => ({ model: MODEL, max_tokens: 500, messages: [{ role: 'user', content }] }),
    first: 'text_delta',
    ends: ['"content_block_stop"', '"message_delta"', '"message_stop"'],
  },
  {
    path: '/v1/responses',
    body: (input: string) => ({ model: MODEL, input }),
    first: 'response.output_text.delta',
    ends: ['"response.output_text.done"', '"response.output_item.done"', '"response.completed"'],
  },
  {
    path: '/v1/completions',
    body: (prompt: string) => ({ model: MODEL, prompt, stream_options: { include_usage: true } }),
    first: 'text_completion',
    ends: ['"total_tokens"', '[DONE]'],
  },
]

async function open({ path, body }: (typeof DOORS)[number], asked: string, signal?: AbortSignal) {
  const response = await fetch(campus.url + path, {
    method: 'POST',
    headers: { 'x-api-key': campus.key, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body(asked), stream: true }),
    ...(signal ? { signal } : {}),
  })
  const seen = { text: '' }
  const ended = (async () => {
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) seen.text += part
  })()
  // Where the client itself leaves.
  ended.catch(() => undefined)
  return { seen, ended }
}

t.test('P3: no door says that an answer is complete before its record is durable', async t => {
  await Promise.all(DOORS.map(async door => (await open(door, 'warm')).ended))
  const running = await Promise.all(DOORS.map(door => open(door, text)))
  const { length } = provider.requests
  // The bus stands still: it takes nothing and refuses nothing.
  process.kill(nats.pid, 'SIGSTOP')
  t.teardown(() => process.kill(nats.pid, 'SIGCONT'))
  await until(() => provider.requests.slice(length - DOORS.length).every(request => request.endedAt))
  await new Promise(resolve => setTimeout(resolve, 400))
  for (const [index, { seen }] of running.entries()) {
    const { path, first = '', ends = [] } = DOORS[index] ?? {}
    t.ok(seen.text.split(first).length > 10, `${path}: everything else has come`)
    for (const end of ends) t.notOk(seen.text.includes(end), `${path}: ${end}`)
  }
  process.kill(nats.pid, 'SIGCONT')
  await Promise.all(running.map(({ ended }) => ended))
  for (const [index, { seen }] of running.entries()) {
    const { path, ends = [] } = DOORS[index] ?? {}
    for (const end of ends) t.equal(seen.text.split(end).length, 2, `${path}: ${end}, once`)
  }
})

t.test('P5: at every door a client that leaves stops the provider, and pays for what came', async t => {
  const before = (await campus.records()).length
  for (const door of DOORS) {
    const leaving = new AbortController()
    const { seen } = await open(door, endless, leaving.signal)
    await until(() => seen.text.includes(door.first))
    const asked = provider.requests.at(-1)
    leaving.abort()
    await until(() => asked?.aborted)
  }
  const records = (await campus.recordsOf(before + DOORS.length)).slice(before)
  for (const [index, { record }] of records.entries()) {
    const { usage } = record
    t.match(record, { endpoint: DOORS[index]?.path, outcome: 'client_gone', usage: { source: 'estimate' } })
    t.ok(usage.outputTokens > 0 && usage.outputTokens < 300, `${usage.outputTokens} of 400`)
  }
})

t.test('P7: at every door each token leaves before the next one comes', async t => {
  for (const door of DOORS) {
    const { seen, ended } = await open(door, 'Hello [[demo: gap=150 tokens=4]]')
    const count = () => seen.text.split(door.first).length - 1
    for (let tokens = 1; tokens <= 4; tokens++) {
      await until(() => count() >= tokens)
      const { chunks = 0 } = provider.requests.at(-1) ?? {}
      // The provider counts its opening frame too.
      t.ok(chunks <= tokens + 1, `${door.path}: token ${tokens} is here when ${chunks} frames were sent`)
    }
    await ended
  }
})
