import { randomBytes } from 'node:crypto'
import type { Answer } from './answer.ts'
import type { Frames } from './delivery.ts'
import type { Directive } from './directive.ts'
import type { ApiError } from './errors.ts'
import type { StreamEvent } from './event-writer.ts'
import type { ChatRequest } from './request.ts'
import { countPrompt, tokensOf } from './tokens.ts'

/** What it thinks before it answers, where it was asked to: one event, so many tokens. */
export const THOUGHT = tokensOf('The user asks, so I answer.')

interface Message {
  id: string
  model: string
  answer: Answer
  hasThought: boolean
  /** Undefined when the provider was told to report none. */
  usage?: { input_tokens: number; cache_read_input_tokens: number; output_tokens: number }
}

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const
const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}
const OVERLOADED = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

/** Joins a request and its answer into one message. */
export function messageOf(
  request: ChatRequest,
  answer: Answer,
  { directive, hasThought }: { directive: Directive; hasThought: boolean },
): Message {
  const completion = answer.tokens.length + (hasThought ? THOUGHT.length : 0)
  const reported = directive.usage ?? { prompt: countPrompt(request), completion, cached: 0 }
  const id = `msg_${randomBytes(12).toString('hex')}`
  if (reported === 'none') return { id, model: request.model, answer, hasThought }
  const usage = {
    input_tokens: Math.max(0, reported.prompt - reported.cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: reported.cached,
    output_tokens: reported.completion,
  }
  return { id, model: request.model, answer, hasThought, usage }
}

/** The message in Anthropic's form. */
export function messageFrames(message: Message): Frames {
  const { answer, usage } = message
  const index = message.hasThought ? 1 : 0
  return {
    opening: () => [
      eventOf('message_start', {
        message: { ...envelope(message, []), ...(usage ? { usage: { ...usage, output_tokens: 1 } } : {}) },
      }),
      eventOf('ping', {}),
      ...(message.hasThought ? thoughtEvents() : []),
      eventOf('content_block_start', { index, content_block: openBlockOf(answer) }),
    ],
    token: (_, at) => eventOf('content_block_delta', { index, delta: deltaOf(answer, at) }),
    ending: isMarked => [
      eventOf('content_block_stop', { index }),
      eventOf('message_delta', {
        delta: { stop_reason: STOP_REASONS[answer.finish], stop_sequence: null },
        ...(usage ? { usage } : {}),
      }),
      ...(isMarked ? [eventOf('message_stop', {})] : []),
    ],
    error: () => ({ name: 'error', data: JSON.stringify(OVERLOADED) }),
    body: () => bodyOf(message),
    errorBody: () => OVERLOADED,
  }
}

/** An error in Anthropic's form. */
export function messageError({ status, message }: ApiError): object {
  const type = ERROR_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  return { type: 'error', error: { type, message }, request_id: `req_${randomBytes(12).toString('hex')}` }
}

function bodyOf(message: Message) {
  const { answer, hasThought, usage } = message
  const thought = { type: 'thinking', thinking: THOUGHT.join(''), signature: 'demo' }
  const content = [...(hasThought ? [thought] : []), blockOf(answer)]
  const stop = { stop_reason: STOP_REASONS[answer.finish], stop_sequence: null }
  return { ...envelope(message, content), ...stop, ...(usage ? { usage } : {}) }
}

function envelope({ id, model }: Message, content: object[]) {
  return { id, type: 'message', role: 'assistant', model, content, stop_reason: null, stop_sequence: null }
}

function thoughtEvents(): StreamEvent[] {
  const delta = (fields: object) => eventOf('content_block_delta', { index: 0, delta: fields })
  return [
    eventOf('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '' } }),
    delta({ type: 'thinking_delta', thinking: THOUGHT.join('') }),
    delta({ type: 'signature_delta', signature: 'demo' }),
    eventOf('content_block_stop', { index: 0 }),
  ]
}

function openBlockOf({ tool }: Answer) {
  return tool ? { type: 'tool_use', id: idOf(tool), name: tool.name, input: {} } : { type: 'text', text: '' }
}

/** The first token of a call is its name, which stood in the beginning of the block. */
function deltaOf({ tokens, tool }: Answer, at: number) {
  const token = tokens[at] ?? ''
  if (!tool) return { type: 'text_delta', text: token }
  return { type: 'input_json_delta', partial_json: at === 0 ? '' : token }
}

function blockOf({ tokens, tool, finish }: Answer) {
  if (!tool) return { type: 'text', text: tokens.join('') }
  // Arguments that were cut are no JSON: a real model's are then an empty object, too.
  const input = finish === 'length' ? {} : JSON.parse(tokens.slice(1).join(''))
  return { type: 'tool_use', id: idOf(tool), name: tool.name, input }
}

function idOf({ id }: { id: string }): string {
  return id.replace('call_', 'toolu_')
}

function eventOf(name: string, fields: object): StreamEvent {
  return { name, data: JSON.stringify({ type: name, ...fields }) }
}
