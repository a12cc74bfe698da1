import { LecternError } from '@lectern/shared/errors.ts'
import t from 'tap'
import { ChatChunks } from '../../src/doors/chat-chunks.ts'
import type { Door } from '../../src/doors/door.ts'
import { messagesDoor } from '../../src/doors/messages.ts'
import { responsesDoor } from '../../src/doors/responses.ts'
import { eventOf } from '../../src/upstream/sse.ts'

/** What providers send that the demo provider does not: thoughts, several calls, strange numbers, broken frames. */

const USAGE = { inputTokens: 10, outputTokens: 5, cachedTokens: 0, source: 'provider' as const }
const id = '01a21580-c4b9-77e8-9cff-9985ca197058'

interface Call {
  index?: number
  id?: string
  function: { name?: string; arguments?: string }
}

const frame = (delta: object, finish_reason: string | null = null) =>
  eventOf({ choices: [{ index: 0, delta, finish_reason }] })
const calls = (...tool_calls: Call[]) => frame({ tool_calls })

/** The events that a door makes of frames, all but the noise of a beginning. */
function eventsAt(door: Door, original: object, frames: string[]): Record<string, unknown>[] {
  const stream = door.stream({ id, body: { model: 'm', messages: [] }, original })
  const text = frames.map(bytes => stream.push(Buffer.from(bytes))).join('') + stream.end(USAGE)
  return text
    .split('\n\n')
    .filter(event => event !== '')
    .map(event => JSON.parse(event.split('\ndata: ')[1] ?? ''))
}

const wholeAt = (door: Door, original: object, message: object, finish_reason = 'stop') =>
  door.whole(
    Buffer.from(JSON.stringify({ choices: [{ index: 0, message, finish_reason }] })),
    { id, body: { model: 'm', messages: [] }, original },
    USAGE,
  ) as Record<string, unknown>

t.test('messages: thoughts are shown to who asked for them, and to nobody else', async t => {
  const frames = [frame({ reasoning_content: 'hm' }), frame({ content: 'a' }), frame({}, 'stop')]
  const shown = eventsAt(messagesDoor, { thinking: { type: 'enabled' } }, frames).slice(2)
  t.match(shown, [
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text' } },
    { delta: { type: 'text_delta', text: 'a' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta' },
    { type: 'message_stop' },
  ])
  t.notMatch(JSON.stringify(eventsAt(messagesDoor, {}, frames)), /thinking/)
  const message = { reasoning_content: 'hm', content: 'a' }
  t.match(wholeAt(messagesDoor, { thinking: { type: 'adaptive' } }, message).content, [
    { type: 'thinking' },
    { text: 'a' },
  ])
  t.match(wholeAt(messagesDoor, {}, message).content, [{ type: 'text', text: 'a' }])
})

const TWO_CALLS = [
  frame({ content: 'Let me look.' }),
  calls({ index: 0, id: 'c1', function: { name: 'f', arguments: '' } }),
  calls({ index: 0, function: { arguments: '{"a":' } }),
  calls({ index: 0, function: { arguments: '1}' } }),
  calls({ index: 1, id: 'c2', function: { name: 'g', arguments: '{}' } }),
  frame({}, 'tool_calls'),
]

t.test('several calls behind a text, in one row of blocks and of items', async t => {
  const blocks = eventsAt(messagesDoor, {}, TWO_CALLS).filter(({ type }) => type === 'content_block_start')
  t.match(blocks, [
    { index: 0, content_block: { type: 'text' } },
    { index: 1, content_block: { type: 'tool_use', id: 'c1', name: 'f' } },
    { index: 2, content_block: { type: 'tool_use', id: 'c2', name: 'g' } },
  ])
  const last = eventsAt(responsesDoor, {}, TWO_CALLS).at(-1)
  t.match(last, {
    type: 'response.completed',
    response: {
      status: 'completed',
      output: [
        { type: 'message', content: [{ text: 'Let me look.' }] },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
        { type: 'function_call', call_id: 'c2', name: 'g', arguments: '{}' },
      ],
    },
  })
  const said = { content: null, tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{"a":1}' } }] }
  t.match(wholeAt(messagesDoor, {}, said), {
    content: [{ type: 'tool_use', id: 'c1', input: { a: 1 } }],
    stop_reason: 'tool_use',
  })
})

t.test('calls that a provider does not number, or numbers alike, are told apart by their ids', async t => {
  const frames = [
    calls({ id: 'c1', function: { name: 'f', arguments: '{}' } }),
    calls({ index: 0, id: 'c2', function: { name: 'g', arguments: '{' } }),
    calls({ index: 0, id: 'c2', function: { arguments: '}' } }),
    frame({}, 'stop'),
  ]
  const events = eventsAt(responsesDoor, {}, frames)
  t.match(events.at(-1)?.response, {
    output: [
      { call_id: 'c1', arguments: '{}' },
      { call_id: 'c2', arguments: '{}' },
    ],
  })
  t.match(eventsAt(messagesDoor, {}, frames).at(-2), { delta: { stop_reason: 'tool_use' } })
})

t.test('P3: an answer with a hole is never called complete', async t => {
  const mixed = [
    ...TWO_CALLS.slice(0, 5),
    calls({ index: 0, function: { arguments: 'late' } }),
    frame({}, 'tool_calls'),
  ]
  const broken = [frame({ content: 'a' }), 'data: {"choices": [\n\n', frame({}, 'stop')]
  for (const frames of [mixed, broken]) {
    const message = eventsAt(messagesDoor, {}, frames)
    t.match(message.at(-1), { type: 'error', error: { code: 'provider_error' }, request_id: id })
    t.notOk(message.some(({ type }) => type === 'message_stop'))
    t.match(eventsAt(responsesDoor, {}, frames).slice(-2), [{ type: 'error' }, { type: 'response.failed' }])
  }
})

t.test('a refusal, and an answer of nothing', async t => {
  const refusal = [frame({ refusal: 'No' }), frame({ refusal: '.' }), frame({}, 'stop')]
  const events = eventsAt(responsesDoor, {}, refusal)
  t.same(
    events.slice(2).map(({ type }) => type),
    [
      'response.output_item.added',
      'response.content_part.added',
      'response.refusal.delta',
      'response.refusal.delta',
      'response.refusal.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ],
  )
  t.match(events.at(-1)?.response, { output: [{ content: [{ type: 'refusal', refusal: 'No.' }] }] })
  t.match(eventsAt(messagesDoor, {}, refusal)[3], { delta: { text: 'No' } })
  t.match(
    eventsAt(messagesDoor, {}, []).map(({ type }) => type),
    ['message_start', 'ping', 'message_delta', 'message_stop'],
  )
  t.match(eventsAt(responsesDoor, {}, []).at(-1), { response: { status: 'completed', output: [] } })
})

t.test('thoughts are counted where the provider counts them', async t => {
  const usage = { prompt_tokens: 1, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 7 } }
  const events = eventsAt(responsesDoor, {}, [
    frame({ content: 'a' }, 'stop'),
    eventOf({ choices: [], usage }),
  ])
  t.match(events.at(-1)?.response, {
    usage: { output_tokens: 5, output_tokens_details: { reasoning_tokens: 7 } },
  })
})

t.test('frames in any pieces, comments between them, and one without an end', async t => {
  const bytes = Buffer.from(`: keep-alive\n\n${frame({ content: 'ä' })}${frame({ content: 'b' }).trimEnd()}`)
  for (const size of [1, 2, 5, 1000]) {
    const chunks = new ChatChunks()
    const deltas = []
    for (let at = 0; at < bytes.length; at += size) deltas.push(...chunks.push(bytes.subarray(at, at + size)))
    deltas.push(...chunks.end())
    t.equal(deltas.map(({ text }) => text).join(''), 'äb', `${size} bytes at a time`)
    t.equal(chunks.isBroken, false)
  }
})

t.test('what messages become a chat, and what is refused', async t => {
  const toChat = (content: unknown) =>
    messagesDoor.toChat({ model: 'm', max_tokens: 5, messages: [{ role: 'user', content }] }).messages
  const png = { type: 'base64', media_type: 'image/png', data: 'AAAA' }
  t.match(
    toChat([
      { type: 'text', text: 'Look:' },
      {
        type: 'tool_result',
        tool_use_id: 'c1',
        is_error: true,
        content: [
          { type: 'text', text: 'no' },
          { type: 'image', source: png },
        ],
      },
      { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
      { type: 'search_result', title: 'T', source: 'https://x', content: [{ type: 'text', text: 'found' }] },
    ]),
    [
      { role: 'tool', tool_call_id: 'c1', content: 'Error: no' },
      {
        role: 'user',
        content: [
          { text: 'Look:' },
          { image_url: { url: 'data:image/png;base64,AAAA' } },
          { text: 'Notes' },
          { text: 'words' },
          { text: 'T\nhttps://x\nfound' },
        ],
      },
    ],
  )
  for (const content of [
    5,
    [5],
    [{ type: 'text' }],
    [{ type: 'image', source: { type: 'file' } }],
    [{ type: 'hologram' }],
  ]) {
    t.throws(() => toChat(content), LecternError)
  }
})
