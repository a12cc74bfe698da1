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

const USAGE_FIELD = '"usage"'
const ERROR_FIELD = '"error"'
const DONE_DATA = '[DONE]'
const EVENT_END = '\n\n'
/** An event with one of these is looked at by itself; other line ends than LF are rare. */
const LOOKED_AT = [DONE_DATA, ERROR_FIELD, '\r']

/**
 * Reads a stream of chat completion chunks. Events that came together and are nothing but text pass together, unless each is
 * wanted `singly`: they are looked through at once, as text, which takes a tenth of the time that each by itself does.
 */
export function readChatStream({ singly = false } = {}): StreamReader {
  const scanner = new EventScanner(MOST_HELD_BYTES)
  return {
    push(chunk, take) {
      const scan = (bytes: Buffer) => scanner.push(bytes, (event, part) => take(classify(event, part)))
      if (singly) return scan(chunk)
      const text = chunk.toString('latin1')
      // Where it begins in the middle of an event, that one first.
      const opening = scanner.isBetweenEvents ? 0 : endOfEvent(text)
      if (opening > 0) scan(chunk.subarray(0, opening))
      const plain = scanner.isBetweenEvents ? endOfPlain(text, opening) : opening
      if (plain > opening) take({ kind: 'data', bytes: chunk.subarray(opening, plain), part: 'several' })
      if (plain < chunk.length) scan(chunk.subarray(plain))
    },
    end: take => scanner.end((bytes, part) => take(classify(bytes, part))),
  }
}

function endOfEvent(text: string): number {
  const at = text.indexOf(EVENT_END)
  return at < 0 ? text.length : at + EVENT_END.length
}

/** Where the whole events that begin at `from` and carry neither an end nor usage or an error end; `from`: there are none. */
function endOfPlain(text: string, from: number): number {
  if (!text.startsWith('data:', from)) return from
  let end = text.length
  for (const mark of [...LOOKED_AT, usageIn(text, from)]) {
    const at = typeof mark === 'number' ? mark : text.indexOf(mark, from)
    if (at >= 0 && at < end) end = at
  }
  const last = text.lastIndexOf(EVENT_END, end - EVENT_END.length)
  return last < from ? from : last + EVENT_END.length
}

/** What an event is. Only the rare one that may carry usage or an error is parsed. */
function classify(bytes: Buffer, part: EventPart): Frame {
  if (part === 'tail') return { kind: 'tail', bytes }
  if (part !== 'whole') return { kind: 'data', bytes, part }
  const text = bytes.toString('latin1')
  // A model may write the mark, too, and a comment may stand before it: only as the whole data it is the end.
  if (text.includes(DONE_DATA) && dataOf(bytes)?.trim() === DONE_DATA) return { kind: 'done' }
  if (usageIn(text) >= 0 || text.includes(ERROR_FIELD)) return readEvent(bytes)
  // A colon opens a comment, a line end an empty event; a field opens with a letter.
  const first = bytes[0] ?? 0
  if (first === 0x3a || first === 0x0a || first === 0x0d) {
    return dataOf(bytes) === null ? { kind: 'comment', bytes } : { kind: 'data', bytes, part }
  }
  return { kind: 'data', bytes, part }
}

/**
 * Where there may be usage, or -1. In a JSON text a quoted quote has a backslash, so that it can only be a field; most often it is
 * null.
 */
function usageIn(text: string, from = 0): number {
  for (let at = text.indexOf(USAGE_FIELD, from); at >= 0; at = text.indexOf(USAGE_FIELD, at + 1)) {
    let next = at + USAGE_FIELD.length
    while (text[next] === ' ' || text[next] === ':') next++
    if (text[next] !== 'n') return at
  }
  return -1
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
