import t from 'tap'
import { ApiKeys } from '../../src/upstream/api-keys.ts'
import { Refusal, UpstreamFailure } from '../../src/upstream/failure.ts'
import { statusOf } from '../../src/upstream/providers/anthropic.ts'
import { readMessage } from '../../src/upstream/providers/anthropic-answer.ts'
import { readMessageStream } from '../../src/upstream/providers/anthropic-stream.ts'
import { explainRefusal } from '../../src/upstream/providers/openai.ts'
import { relayed } from './streams.ts'

/** Anthropic's answers as a chat's, in the cases that a journey does not meet. */

const text = (words: string) => ({ type: 'text', text: words })

t.test('a whole answer', async t => {
  const answer = (fields: object) =>
    readMessage(Buffer.from(JSON.stringify({ id: 'msg_1', model: 'c', content: [], ...fields })), 5000)
  const usage = {
    input_tokens: 5,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: 6,
    output_tokens: 7,
  }
  const content = [
    { type: 'thinking', thinking: 'hm' },
    text('a'),
    text('b'),
    { type: 'tool_use', id: 't', name: 'f', input: { x: 1 } },
  ]
  const given = answer({
    content,
    stop_reason: 'tool_use',
    usage: { ...usage, output_tokens_details: { thinking_tokens: 3 } },
  })
  t.match(JSON.parse(given.bytes.toString()), {
    id: 'msg_1',
    created: 5,
    choices: [
      {
        message: {
          content: 'ab',
          reasoning_content: 'hm',
          tool_calls: [{ function: { arguments: '{"x":1}' } }],
        },
      },
    ],
    usage: { prompt_tokens: 11, total_tokens: 18, completion_tokens_details: { reasoning_tokens: 3 } },
  })
  t.same(given.usage, { inputTokens: 11, cachedTokens: 6, outputTokens: 7, source: 'provider' })
  t.equal(answer({}).usage, null, 'no report is none, not a zero')
  const reasons = {
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    refusal: 'content_filter',
    pause_turn: 'stop',
  }
  for (const [stop_reason, finishReason] of Object.entries(reasons)) {
    t.equal(answer({ stop_reason, usage }).answers[0]?.finishReason, finishReason, stop_reason)
  }
  t.throws(() => answer({ type: 'error', error: { message: 'Overloaded' } }), {
    kind: 'garbled',
    message: /Overloaded/,
  })
  for (const bytes of ['', 'null', '[]', '{"id":1}', '<html>']) {
    t.throws(() => readMessage(Buffer.from(bytes), 0), UpstreamFailure, bytes)
  }
})

t.test('a stream: odd events', async t => {
  const events = (...given: object[]) =>
    Buffer.from(given.map(event => `data: ${JSON.stringify(event)}\n\n`).join(''))
  const read = (...given: object[]) => relayed(readMessageStream(0), [events(...given)])
  const start = {
    type: 'message_start',
    message: { id: 'm', model: 'c', usage: { input_tokens: 9, output_tokens: 1 } },
  }
  const word = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } }
  const stop = (fields: object) => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, ...fields })
  const end = { type: 'message_stop' }
  t.match(
    await read(start, { type: 'invented' }, word, stop({ usage: { output_tokens: 4 } }), end, word),
    {
      text: 'a',
      failure: null,
      usage: { inputTokens: 9, outputTokens: 4 },
    },
    'what is unknown says nothing, what a later report leaves out stands, and nothing follows the end',
  )
  t.match(
    await read(start, word),
    { failure: /ended in the middle/, usage: { inputTokens: 9, outputTokens: 0 } },
    'cut: the prompt is known',
  )
  t.match(await read(start, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }), {
    failure: /Overloaded/,
    client: '',
    usage: null,
  })
  t.match(await read(start, word, stop({ usage: null }), end), { failure: null, usage: { outputTokens: 1 } })
  const filled = {
    type: 'content_block_start',
    index: 4,
    content_block: { type: 'tool_use', id: 't', name: 'f', input: { x: 1 } },
  }
  t.same((await read(start, filled, { type: 'content_block_stop', index: 4 }, stop({}), end)).calls, [
    ['f', '{"x":1}'],
  ])
  t.match(
    await read(
      { type: 'message_start' },
      { type: 'content_block_delta' },
      { type: 'content_block_start' },
      { type: 'message_delta' },
      end,
    ),
    { client: '', usage: null },
  )
})

t.test('refusals', async t => {
  const explain = (status: number, type: string, message: string, headers = {}) => {
    const refusal = new Refusal(status, headers, JSON.stringify({ type: 'error', error: { type, message } }))
    return explainRefusal(refusal, new ApiKeys([]), statusOf(refusal))
  }
  for (const [status, type] of [
    [529, 'overloaded_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [504, 'timeout_error'],
    [401, 'authentication_error'],
  ] as const) {
    const failure = explain(status, type, 'no', { 'retry-after': '7' })
    t.match(failure, { worthAnotherTry: true, retryAfterMs: 7000 }, type)
    t.equal(failure.toPublic().code, 'provider_error')
  }
  for (const message of [
    'prompt is too long: 208310 tokens > 200000 maximum',
    'input length and `max_tokens` exceed context limit: 198000 + 8192 > 200000',
  ]) {
    const failure = explain(400, 'invalid_request_error', message)
    t.equal(failure.worthAnotherTry, false)
    t.match(failure.toPublic(), { code: 'context_length_exceeded', message })
  }
  t.match(explain(400, 'invalid_request_error', 'tools: too many').toPublic(), {
    code: 'provider_rejected',
    message: 'tools: too many',
  })
  const unpaid = explain(
    400,
    'invalid_request_error',
    'Your credit balance is too low to access the Anthropic API.',
  )
  t.match(unpaid, { status: 402, worthAnotherTry: true })
  t.notMatch(unpaid.toPublic().message, /credit/, 'nothing that a student could change')
})
