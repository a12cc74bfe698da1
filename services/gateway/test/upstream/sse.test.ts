import fc from 'fast-check'
import t from 'tap'
import type { Frame } from '../../src/upstream/provider.ts'
import { readChatStream } from '../../src/upstream/providers/openai-answer.ts'
import { dataOf, EventScanner } from '../../src/upstream/sse.ts'
import { Transcript } from '../../src/upstream/transcript.ts'

const chunk = (delta: object, finish: string | null = null) =>
  JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }], usage: null })
const USAGE = JSON.stringify({
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
})
const DATA = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'say "usage":{} and "error" — ünï' }),
  chunk({ content: ' 漢字\n' }),
  chunk({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }, 'tool_calls'),
  USAGE,
  '[DONE]',
]
const EXPECTED = {
  text: 'say "usage":{} and "error" — ünï 漢字\n',
  toolCalls: [{ function: { name: 'f', arguments: '{"a":1}' }, id: 'c1', type: 'function' }],
  finishReason: 'tool_calls',
}

/** What a client, the record and the ledger get of a stream that comes in these chunks. */
function read(chunks: readonly Buffer[]) {
  const reader = readChatStream()
  const transcript = new Transcript()
  const forwarded: Buffer[] = []
  let usage: unknown = null
  let done = 0
  let last = ''
  const take = (frame: Frame) => {
    if (frame.kind === 'done') done += 1
    else if (frame.kind === 'usage') usage = frame.usage
    else if (frame.kind === 'tail' && last === 'data') forwarded.push(frame.bytes)
    if (frame.kind !== 'tail') last = frame.kind
    if (frame.kind === 'data') {
      forwarded.push(frame.bytes)
      transcript.keep(frame.bytes, frame.part)
    }
  }
  for (const bytes of chunks) reader.push(bytes, take)
  reader.end(take)
  return { client: Buffer.concat(forwarded).toString(), answers: transcript.answers(), usage, done }
}

const encode = (lineEnd: string) =>
  Buffer.from(`: hello${lineEnd}${lineEnd}${DATA.map(data => `data: ${data}${lineEnd}${lineEnd}`).join('')}`)

t.test('P7: split at any byte, with any line end, a stream says the same', async t => {
  for (const lineEnd of ['\n', '\r\n', '\r']) {
    const bytes = encode(lineEnd)
    const whole = read([bytes])
    t.same(whole.answers, [EXPECTED])
    t.match(whole.usage, { inputTokens: 7, outputTokens: 3, source: 'provider' })
    t.equal(whole.done, 1)
    for (let at = 1; at < bytes.length; at++) {
      const split = read([bytes.subarray(0, at), bytes.subarray(at)])
      if (JSON.stringify(split) !== JSON.stringify(whole)) {
        t.same(split, whole, `${JSON.stringify(lineEnd)} at ${at}`)
      }
    }
  }
})

t.test('P7: however the bytes come', async t => {
  const whole = read([encode('\n')])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 200 }), sizes => {
      const bytes = encode('\n')
      const chunks: Buffer[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1
        chunks.push(bytes.subarray(at, at + size))
        at += size
      }
      return JSON.stringify(read(chunks)) === JSON.stringify(whole)
    }),
    { numRuns: 2000 },
  )
  t.pass('2,000 ways')
})

t.test('an event of several data lines, and one without an end', async t => {
  const [first = '', second = ''] = (DATA[1] ?? '').split(',"finish_reason"')
  const multi = Buffer.from(`event: message\ndata: ${first}\ndata: ,"finish_reason"${second}\nid: 3\n\n`)
  t.match(read([multi]).answers, [{ text: EXPECTED.text.slice(0, -4) }])
  t.match(read([Buffer.from(`data: ${DATA[1]}`)]).answers, [{ text: EXPECTED.text.slice(0, -4) }])
})

t.test('an event longer than what is held passes in pieces', async t => {
  const scanner = new EventScanner(10)
  const seen: [string, string][] = []
  const take = (bytes: Buffer, part: string) => void seen.push([bytes.toString(), part])
  for (const text of ['data: 123456', '78', '9\n\ndata: x\n', '\n']) scanner.push(Buffer.from(text), take)
  t.same(seen, [
    ['data: 123456', 'piece'],
    ['789\n\n', 'last'],
    ['data: x\n\n', 'whole'],
  ])
})

t.test('the frame that carries usage or an error', async t => {
  const frames = (text: string) => {
    const seen: Frame[] = []
    readChatStream().push(Buffer.from(text), frame => seen.push(frame))
    return seen
  }
  t.match(frames(`data: ${USAGE}\n\n`), [{ kind: 'usage', alone: true }])
  const withText = JSON.stringify({
    choices: [{ delta: {} }],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  })
  t.match(frames(`data: ${withText}\n\n`), [{ kind: 'usage', alone: false, usage: { outputTokens: 2 } }])
  t.match(frames('data: {"choices":[],"usage" : null}\n\n'), [{ kind: 'data' }])
  t.match(frames('data: {"choices":[],"usage":{"prompt_tokens":-1}}\n\n'), [{ kind: 'data' }])
  t.match(frames('event: error\ndata: {"error":{"message":"sk-abcdef123456 is wrong"}}\n\n'), [
    { kind: 'error', failure: { message: 'error inside an answer: [redacted] is wrong' } },
  ])
  t.match(frames('data: {"choices":[],"error":null}\n\n'), [{ kind: 'data' }])
  t.match(frames(': PROCESSING\n\n'), [{ kind: 'comment' }])
  t.match(frames('data:[DONE]\n\n'), [{ kind: 'done' }])
})

t.test('the data of an event', async t => {
  t.equal(dataOf(Buffer.from('data: a\r\ndata:b\r\n\r\n')), 'a\nb')
  t.equal(dataOf(Buffer.from(': only a comment\n\n')), null)
})
