import { readFileSync } from 'node:fs'
import type { Usage } from '@lectern/shared/contracts/records.ts'
import type { ClientStream } from '../../src/client-stream.ts'
import type { AnswerListener, Exchange } from '../../src/upstream/exchange.ts'
import type { StreamReader } from '../../src/upstream/provider.ts'
import { readMessageStream } from '../../src/upstream/providers/anthropic-stream.ts'
import { readGeminiStream } from '../../src/upstream/providers/gemini.ts'
import { readChatStream } from '../../src/upstream/providers/openai-answer.ts'
import { relayStream } from '../../src/upstream/relay.ts'
import { Transcript } from '../../src/upstream/transcript.ts'

/** One stream of each provider, as its documentation shows it, and the relay that must get the same out of it however it comes. */

export interface Recorded {
  name: string
  /** Its events, without the empty line after each. */
  events: string[]
  reader: () => StreamReader
  /** Whether the client gets the provider's own bytes. */
  isPassed: boolean
  text: string
  reasoning: string
  /** Names and arguments. */
  calls: [string, string][]
  finishReason: string
  /** Input, cached input, output. */
  usage: [number, number, number]
}

type Expected = Pick<Recorded, 'text' | 'usage'> & Partial<Recorded>

const STREAMS: Record<string, Expected> = {
  openai: {
    text: 'I’ll look both up: "usage" and [DONE]',
    calls: [
      ['look_up', '{"word":"error"}'],
      ['look_up', '{}'],
    ],
    finishReason: 'tool_calls',
    usage: [88, 64, 31],
  },
  deepseek: { text: '你好!😊', reasoning: 'The student greets in 中文.', usage: [20, 16, 14] },
  dashscope: { text: '我是来自阿里云的大模型，我叫通义千问。', usage: [22, 0, 17] },
  moonshot: {
    text: '我来查一下。',
    calls: [['look_up', '{"word": "鱼"}']],
    finishReason: 'tool_calls',
    usage: [81, 75, 24],
  },
  openrouter: { text: 'Hello world', reasoning: 'Short ', usage: [11, 8, 5] },
  vllm: { text: 'x² ≥ 0 for all x', finishReason: 'length', usage: [30, 0, 11] },
  ollama: {
    text: '',
    reasoning: 'Call it.',
    calls: [['look_up', '{"word":"fish"}']],
    finishReason: 'tool_calls',
    usage: [162, 0, 26],
  },
  azure: { text: 'Guten Morgen, Zoë', usage: [19, 0, 6] },
  gemini: {
    reader: readGeminiStream,
    isPassed: false,
    text: 'Ich schaue nach. ',
    calls: [
      ['look_up', '{"word":"Straße"}'],
      ['look_up', '{"word":"fish"}'],
    ],
    finishReason: 'tool_calls',
    // It counts what it thought in the total only.
    usage: [58, 0, 65],
  },
  anthropic: {
    reader: () => readMessageStream(0),
    isPassed: false,
    text: 'Let’s see: “鱼” 🐟',
    reasoning: 'Two words to look up.',
    calls: [
      ['look_up', '{"word": "鱼"}'],
      ['today', '{}'],
    ],
    finishReason: 'tool_calls',
    usage: [472, 300, 89],
  },
}

export const RECORDED: Recorded[] = Object.entries(STREAMS).map(([name, expected]) => ({
  name,
  events: readFileSync(new URL(`streams/${name}.txt`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n\n'),
  reader: readChatStream,
  isPassed: true,
  reasoning: '',
  calls: [],
  finishReason: 'stop',
  ...expected,
}))

/** Events as bytes on the wire. */
export function wire(events: readonly string[], lineEnd = '\n'): Buffer {
  return Buffer.from(
    events
      .map(event => `${event}\n\n`)
      .join('')
      .replaceAll('\n', lineEnd),
  )
}

export interface Relayed {
  /** What the client got, but for the end that the relay leaves to others. */
  client: string
  text: string
  everything: string
  calls: [string, string][]
  finishReason: string | null | undefined
  usage: Usage | null
  failure: string | null
}

/** Relays chunks as they would come from a socket. */
export async function relayed(
  reader: StreamReader,
  chunks: Iterable<Buffer>,
  forwardUsage = false,
): Promise<Relayed> {
  const transcript = new Transcript()
  const written: Buffer[] = []
  let isOver = false
  const stop = () => {
    isOver = true
  }
  const exchange = {
    listen(listener: AnswerListener) {
      for (const chunk of chunks) if (!isOver) listener.data(chunk)
      if (!isOver) listener.end()
    },
    finish: stop,
    abort: stop,
  }
  const client = {
    get begun() {
      return written.length > 0
    },
    write: (bytes: Buffer) => written.push(bytes) > 0,
  }
  const { usage, failure } = await relayStream({
    exchange: exchange as unknown as Exchange,
    client: client as unknown as ClientStream,
    reader,
    transcript,
    forwardUsage,
    ending: new AbortController().signal,
  })
  const [answer] = transcript.answers()
  return {
    client: Buffer.concat(written).toString(),
    text: answer?.text ?? '',
    everything: transcript.everything(),
    calls: callsOf(answer?.toolCalls),
    finishReason: answer?.finishReason,
    usage,
    failure: failure?.message ?? null,
  }
}

function callsOf(calls: unknown[] = []): [string, string][] {
  return (calls as { function: { name: string; arguments: string } }[]).map(call => [
    call.function.name,
    call.function.arguments,
  ])
}
