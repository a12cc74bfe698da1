import type { Refusal } from '../failure.ts'
import type { UpstreamTimeouts } from '../origin.ts'
import type { Frame, Provider, StreamReader } from '../provider.ts'
import type { ConfiguredProvider } from '../providers-file.ts'
import { dataOf, eventOf } from '../sse.ts'
import { openAiProvider } from './openai.ts'
import { parseObject, readChatStream } from './openai-answer.ts'

/** Gemini's OpenAI-compatible API, which is stricter than OpenAI's in what it takes, and looser in what it sends. */

/** The fields that it knows: any other (`user`, `store`, `frequency_penalty`) makes it refuse the request. */
const FIELDS = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'n', 'stop', 'temperature', 'top_p'],
  ...['max_tokens', 'max_completion_tokens', 'response_format', 'reasoning_effort'],
  ...['tools', 'tool_choice', 'input', 'encoding_format', 'dimensions'],
])
const BAD_KEY = /API_KEY_INVALID|API key (not valid|expired)/
const UNAUTHORIZED = 401

/** A provider of the kind `gemini`. */
export function geminiProvider(entry: ConfiguredProvider, timeouts: UpstreamTimeouts): Provider {
  return openAiProvider(entry, timeouts, {
    fit: body => Object.fromEntries(Object.entries(body).filter(([name]) => FIELDS.has(name))),
    statusOf,
    reader: readGeminiStream,
  })
}

/** A key that it does not take is a 400, like a fault of the student's. */
function statusOf({ status, body }: Refusal): number {
  return status === 400 && BAD_KEY.test(body) ? UNAUTHORIZED : status
}

interface ToolCall {
  index?: number
  function?: { name?: string }
}
interface Choice {
  index?: number
  delta?: { tool_calls?: ToolCall[] } | null
  finish_reason?: string | null
}

const CALLS_FIELD = Buffer.from('"tool_calls"')

/**
 * Reads its stream. Each call of a tool comes without a number, or with the same one as the others, and an answer that calls
 * tools may end with `stop`: clients would take several calls for one, or none. Only frames from the first call on are parsed.
 */
export function readGeminiStream(): StreamReader {
  const reader = readChatStream({ singly: true })
  const calls = new Map<number, number>()
  const mended = (frame: Frame): Frame => {
    if (frame.kind !== 'usage' && !(frame.kind === 'data' && frame.part === 'whole')) return frame
    if (calls.size === 0 && !frame.bytes.includes(CALLS_FIELD)) return frame
    const data = parseObject(dataOf(frame.bytes) ?? '')
    if (!data || !Array.isArray(data.choices)) return frame
    for (const choice of data.choices as Choice[]) mend(choice, calls)
    return { ...frame, bytes: Buffer.from(eventOf(data)) }
  }
  let wasMended = false
  const mending = (take: (frame: Frame) => void) => (frame: Frame) => {
    // The rest of a line end that was written anew.
    if (frame.kind === 'tail' && wasMended) return
    const given = mended(frame)
    wasMended = given !== frame
    take(given)
  }
  return {
    push: (chunk, take) => reader.push(chunk, mending(take)),
    end: take => reader.end(mending(take)),
  }
}

/** Numbers a choice's calls, given how many it has had: the name of the function opens one, all else goes on with it. */
function mend(choice: Choice, calls: Map<number, number>): void {
  const at = choice.index ?? 0
  for (const call of choice.delta?.tool_calls ?? []) {
    if (call.function?.name) calls.set(at, (calls.get(at) ?? 0) + 1)
    call.index = Math.max(0, (calls.get(at) ?? 0) - 1)
  }
  if (choice.finish_reason === 'stop' && calls.has(at)) choice.finish_reason = 'tool_calls'
}
