import type { IncomingHttpHeaders } from 'node:http'
import { UpstreamFailure } from '../failure.ts'
import type { Frame, StreamReader, WholeAnswer } from '../provider.ts'
import { redactSecrets } from '../redact.ts'
import { dataOf, type EventPart, EventScanner } from '../sse.ts'
import type { Answer } from '../transcript.ts'
import { readUsage } from '../usage.ts'

/** Answers of OpenAI's chat API: which frame is what, and what an answer in one piece says. */

/** No usage, error or end frame is this long; longer ones pass in pieces. */
const MOST_HELD_BYTES = 64 * 1024

const USAGE_FIELD = Buffer.from('"usage"')
const ERROR_FIELD = Buffer.from('"error"')
const DONE_DATA = '[DONE]'
const DONE_MARK = Buffer.from(DONE_DATA)

/** Reads a stream of chat completion chunks. */
export function readChatStream(): StreamReader {
  const scanner = new EventScanner(MOST_HELD_BYTES)
  return {
    push: (chunk, take) => scanner.push(chunk, (bytes, part) => take(classify(bytes, part))),
    end: take => scanner.end((bytes, part) => take(classify(bytes, part))),
  }
}

/** What an event is. Only the rare one that may carry usage or an error is parsed. */
function classify(bytes: Buffer, part: EventPart): Frame {
  if (part === 'tail') return { kind: 'tail', bytes }
  if (part !== 'whole') return { kind: 'data', bytes, part }
  // A model may write the mark, too, and a comment may stand before it: only as the whole data it is the end.
  if (bytes.includes(DONE_MARK) && dataOf(bytes)?.trim() === DONE_DATA) return { kind: 'done' }
  if (mayCarryUsage(bytes) || bytes.includes(ERROR_FIELD)) return readEvent(bytes)
  // A colon opens a comment, a line end an empty event; a field opens with a letter.
  const first = bytes[0] ?? 0
  if (first === 0x3a || first === 0x0a || first === 0x0d) {
    return dataOf(bytes) === null ? { kind: 'comment', bytes } : { kind: 'data', bytes, part }
  }
  return { kind: 'data', bytes, part }
}

/** In a JSON text a quoted quote has a backslash, so that these bytes can only be a field; most often it is null. */
function mayCarryUsage(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(USAGE_FIELD); at >= 0; at = bytes.indexOf(USAGE_FIELD, at + 1)) {
    let next = at + USAGE_FIELD.length
    while (bytes[next] === 0x20 || bytes[next] === 0x3a) next++
    if (bytes[next] !== 0x6e) return true
  }
  return false
}

function readEvent(bytes: Buffer): Frame {
  const plain: Frame = { kind: 'data', bytes, part: 'whole' }
  const frame = parseObject(dataOf(bytes) ?? '')
  if (!frame) return plain
  if (frame.error) return { kind: 'error', failure: garbled(frame.error) }
  // Moonshot says it in the choice that ends.
  const [choice] = (Array.isArray(frame.choices) ? frame.choices : []) as ({ usage?: unknown } | null)[]
  const usage = readUsage(frame.usage) ?? readUsage(choice?.usage)
  if (!usage) return plain
  return { kind: 'usage', bytes, usage, alone: Array.isArray(frame.choices) && frame.choices.length === 0 }
}

/** Reads an answer that came in one piece; an error inside a 200 is a failure. */
export function readChatCompletion(bytes: Buffer): WholeAnswer {
  const body = parseObject(bytes.toString())
  if (!body) throw new UpstreamFailure('garbled', 'the answer is not a JSON object')
  if (body.error) throw garbled(body.error)
  if (!Array.isArray(body.choices)) throw new UpstreamFailure('garbled', 'the answer has no choices')
  return { bytes, usage: readUsage(body.usage), answers: body.choices.map(toAnswer) }
}

function toAnswer(choice: { message?: Record<string, unknown>; finish_reason?: string | null }): Answer {
  const { content, refusal, tool_calls } = choice?.message ?? {}
  const text = typeof content === 'string' ? content : typeof refusal === 'string' ? refusal : ''
  return {
    text,
    toolCalls: Array.isArray(tool_calls) ? tool_calls : [],
    finishReason: choice?.finish_reason ?? null,
  }
}

/** Whether an answer is a stream of events. */
export function isEventStream(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true
}

/** The failure that an error inside of a 200 is. */
export function garbled(error: unknown): UpstreamFailure {
  const message = (error as { message?: unknown } | null)?.message
  return new UpstreamFailure(
    'garbled',
    `error inside an answer: ${redactSecrets(String(message ?? error), [])}`,
  )
}

/** A JSON object, or null for everything else. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
