import { UpstreamFailure } from '../failure.ts'
import type { Frame, StreamReader } from '../provider.ts'
import { dataOf, type EventPart, EventScanner, eventOf } from '../sse.ts'
import { readUsage } from '../usage.ts'
import { type AnthropicUsage, finishReasonOf, usageOf } from './anthropic-answer.ts'
import { garbled, parseObject } from './openai-answer.ts'

/** A stream of Anthropic's, read as chunks of OpenAI's: each event becomes its chunk as soon as it is there. */

/** No event of a model is near this: one says a few words, or at most a whole call. */
const MOST_EVENT_BYTES = 16 * 1024 ** 2
const KEEP_ALIVE = Buffer.from(': ping\n\n')

interface StreamEvent {
  type?: unknown
  index?: number
  message?: { id?: unknown; model?: unknown; usage?: AnthropicUsage }
  content_block?: { type?: unknown; id?: unknown; name?: unknown; input?: unknown; text?: unknown }
  delta?: {
    type?: unknown
    text?: unknown
    thinking?: unknown
    partial_json?: unknown
    stop_reason?: unknown
  }
  usage?: AnthropicUsage
  error?: unknown
}

/** A call that the model is writing. */
interface OpenCall {
  /** Its place among the calls: OpenAI counts those apart from texts. */
  index: number
  hasArguments: boolean
}

/** Reads one stream; `nowMs` is when it began. */
export function readMessageStream(nowMs: number): StreamReader {
  const scanner = new EventScanner(MOST_EVENT_BYTES)
  const chunks = new ChunkWriter(Math.floor(nowMs / 1000))
  const reading = (take: (frame: Frame) => void) => (bytes: Buffer, part: EventPart) => {
    for (const frame of chunks.read(bytes, part)) take(frame)
  }
  return {
    push: (chunk, take) => scanner.push(chunk, reading(take)),
    end: take => scanner.end(reading(take)),
  }
}

class ChunkWriter {
  readonly #created: number
  #message: StreamEvent['message'] = {}
  #usage: AnthropicUsage = {}
  #hasBegun = false
  /** By the index of its block. */
  readonly #calls = new Map<number | undefined, OpenCall>()

  constructor(created: number) {
    this.#created = created
  }

  *read(bytes: Buffer, part: EventPart): Generator<Frame> {
    if (part === 'whole') yield* this.#readEvent(bytes)
    else if (part !== 'tail') {
      const failure = new UpstreamFailure('garbled', `an event of more than ${MOST_EVENT_BYTES} bytes`)
      yield { kind: 'error', failure }
    }
  }

  /** What is no JSON says nothing (a comment, an empty event), nor does a kind of event that is not known here. */
  *#readEvent(bytes: Buffer): Generator<Frame> {
    const event = parseObject(dataOf(bytes) ?? '') as StreamEvent | null
    if (event?.type === 'message_start') this.#begin(event)
    else if (event?.type === 'content_block_start') yield* this.#openBlock(event)
    else if (event?.type === 'content_block_delta') yield* this.#extendBlock(event)
    else if (event?.type === 'content_block_stop') yield* this.#closeBlock(event)
    else if (event?.type === 'message_delta') yield* this.#close(event)
    else if (event?.type === 'message_stop') yield { kind: 'done' }
    else if (event?.type === 'ping') yield { kind: 'comment', bytes: KEEP_ALIVE }
    else if (event?.type === 'error') yield { kind: 'error', failure: garbled(event.error) }
  }

  #begin({ message }: StreamEvent): void {
    this.#message = message ?? {}
    this.#usage = message?.usage ?? {}
  }

  *#openBlock({ index, content_block: block }: StreamEvent): Generator<Frame> {
    if (block?.type === 'text') yield* this.#text('content', block.text)
    if (block?.type !== 'tool_use') return
    const { id, name, input } = block
    // Normally empty, and written by the deltas that follow.
    const isFilled = typeof input === 'object' && input !== null && Object.keys(input).length > 0
    const call = { index: this.#calls.size, hasArguments: isFilled }
    this.#calls.set(index, call)
    const called = { name, arguments: isFilled ? JSON.stringify(input) : '' }
    yield this.#delta({ tool_calls: [{ index: call.index, id, type: 'function', function: called }] })
  }

  *#extendBlock({ index, delta }: StreamEvent): Generator<Frame> {
    if (delta?.type === 'text_delta') yield* this.#text('content', delta.text)
    else if (delta?.type === 'thinking_delta') yield* this.#text('reasoning_content', delta.thinking)
    const call = this.#calls.get(index)
    if (delta?.type !== 'input_json_delta' || !call || !delta.partial_json) return
    call.hasArguments = true
    yield this.#arguments(call, delta.partial_json)
  }

  *#closeBlock({ index }: StreamEvent): Generator<Frame> {
    const call = this.#calls.get(index)
    // A function without parameters: OpenAI's clients read the arguments as JSON, which an empty text is not.
    if (call && !call.hasArguments) yield this.#arguments(call, '{}')
  }

  *#close({ delta, usage }: StreamEvent): Generator<Frame> {
    // The counts of a later event take the place of the earlier; what it leaves out stands.
    const counted = Object.entries(usage ?? {}).filter(([, count]) => count !== null)
    this.#usage = { ...this.#usage, ...Object.fromEntries(counted) }
    if (delta?.stop_reason) yield this.#delta({}, finishReasonOf(delta.stop_reason))
    const total = usageOf(this.#usage)
    const read = readUsage(total)
    if (read) {
      yield { kind: 'usage', bytes: this.#chunk({ choices: [], usage: total }), usage: read, alone: true }
    }
  }

  *#text(field: 'content' | 'reasoning_content', text: unknown): Generator<Frame> {
    if (typeof text === 'string' && text !== '') yield this.#delta({ [field]: text })
  }

  #arguments({ index }: OpenCall, text: unknown): Frame {
    return this.#delta({ tool_calls: [{ index, function: { arguments: text } }] })
  }

  #delta(delta: object, finishReason: string | null = null): Frame {
    const role = this.#hasBegun ? {} : { role: 'assistant' }
    const choice = { index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason: finishReason }
    const bytes = this.#chunk({ choices: [choice] })
    const prompt = this.#hasBegun ? null : readUsage(usageOf({ ...this.#usage, output_tokens: 0 }))
    this.#hasBegun = true
    // How long the prompt is was said at the beginning: an answer that breaks off is charged for exactly that.
    return prompt
      ? { kind: 'usage', bytes, usage: prompt, alone: false }
      : { kind: 'data', bytes, part: 'whole' }
  }

  #chunk(fields: object): Buffer {
    const { id, model } = this.#message ?? {}
    return Buffer.from(
      eventOf({ id, object: 'chat.completion.chunk', created: this.#created, model, ...fields }),
    )
  }
}
