import type { ClientStream } from '../../services/gateway/src/client-stream.ts'
import type { AnswerListener, Exchange } from '../../services/gateway/src/upstream/exchange.ts'
import type { StreamReader } from '../../services/gateway/src/upstream/provider.ts'
import { readMessageStream } from '../../services/gateway/src/upstream/providers/anthropic-stream.ts'
import { readChatStream } from '../../services/gateway/src/upstream/providers/openai-answer.ts'
import { relayStream } from '../../services/gateway/src/upstream/relay.ts'
import { eventOf, namedEventOf } from '../../services/gateway/src/upstream/sse.ts'
import { Transcript } from '../../services/gateway/src/upstream/transcript.ts'
import { rounded, timesPerSecond } from './fastest.ts'

/** What one core relays: everything between a provider's socket and a client's, without either. */

const FRAMES = 400
/** As a socket that is read often, and one that is read seldom, brings them. */
const FRAMES_A_CHUNK = [1, 40]
const TEXT = ' word'

interface Stream {
  title: string
  events: string[]
  reader(): StreamReader
}

const chunk = (delta: object, finish_reason: string | null = null) =>
  eventOf({
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'bench',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: null,
  })

const message = {
  id: 'msg_bench',
  model: 'bench',
  role: 'assistant',
  content: [],
  usage: { input_tokens: 24 },
}

const STREAMS: Stream[] = [
  {
    title: "OpenAI's, passed on",
    events: [...Array(FRAMES).fill(chunk({ content: TEXT })), chunk({}, 'stop'), 'data: [DONE]\n\n'],
    reader: () => readChatStream(),
  },
  {
    title: "Anthropic's, written anew as OpenAI's",
    events: [
      namedEventOf({ type: 'message_start', message }),
      namedEventOf({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      ...Array(FRAMES).fill(
        namedEventOf({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } }),
      ),
      namedEventOf({ type: 'content_block_stop', index: 0 }),
      namedEventOf({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: FRAMES },
      }),
      namedEventOf({ type: 'message_stop' }),
    ],
    reader: () => readMessageStream(0),
  },
]

/** Answers a table in Markdown. */
export async function relay(_args: string[], say: (line: string) => void): Promise<string> {
  const rows: string[] = []
  for (const { title, events, reader } of STREAMS) {
    for (const together of FRAMES_A_CHUNK) {
      const chunks = chunksOf(events, together)
      await check(reader(), chunks)
      const streams = timesPerSecond(() => relayed(reader(), chunks))
      const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
      const row = [title, together, `${rounded(streams * events.length)}`, rounded((streams * bytes) / 1e6)]
      rows.push(`| ${row.join(' | ')} |`)
      say(`relay: ${row.join(', ')}`)
    }
  }
  return [
    `Frames of ${TEXT.length} characters, ${FRAMES} in an answer, recorded as they pass; one core.`,
    '',
    '| stream | frames a read | frames/s | MB/s |',
    '|---|---:|---:|---:|',
    ...rows,
    '',
  ].join('\n')
}

function chunksOf(events: readonly string[], together: number): Buffer[] {
  const count = Math.ceil(events.length / together)
  return Array.from({ length: count }, (_, at) =>
    Buffer.from(events.slice(at * together, (at + 1) * together).join('')),
  )
}

/** What is not relayed right is not worth to be measured. */
async function check(reader: StreamReader, chunks: readonly Buffer[]): Promise<void> {
  const { ended, transcript } = relayed(reader, chunks)
  const { failure } = await ended
  const [answer] = transcript.answers()
  if (failure || answer?.text !== TEXT.repeat(FRAMES))
    throw new Error('the stream was not relayed', { cause: failure })
}

function relayed(reader: StreamReader, chunks: readonly Buffer[]) {
  const transcript = new Transcript()
  const exchange = {
    listen(listener: AnswerListener) {
      for (const bytes of chunks) listener.data(bytes)
    },
    finish: () => undefined,
    abort: () => undefined,
  }
  const client = { begun: true, write: () => true }
  const ended = relayStream({
    exchange: exchange as unknown as Exchange,
    client: client as unknown as ClientStream,
    reader,
    transcript,
    forwardUsage: false,
    ending: new AbortController().signal,
  })
  transcript.answers()
  return { ended, transcript }
}
