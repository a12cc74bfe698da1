import { type ChatBody, wantsUsage } from './chat.ts'
import { eventOf } from './upstream/sse.ts'

/** The staff's answer to a blocked request, in the chat's own shape: to every client it is a normal completion. */

const ZERO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

/** As one JSON body. */
export function blockedBody(id: string, body: ChatBody, text: string) {
  const message = { role: 'assistant', content: text, refusal: null }
  return {
    ...envelope(id, body, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'content_filter' }],
    usage: ZERO_USAGE,
  }
}

/** As the events of a stream, all but the last (`[DONE]`). */
export function blockedEvents(id: string, body: ChatBody, text: string): string {
  const common = envelope(id, body, 'chat.completion.chunk')
  const usage = wantsUsage(body) ? { usage: null } : {}
  const chunk = (delta: object, finish_reason: string | null) =>
    eventOf({ ...common, choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...usage })
  return [
    chunk({ role: 'assistant', content: text }, null),
    chunk({}, 'content_filter'),
    ...(wantsUsage(body) ? [eventOf({ ...common, choices: [], usage: ZERO_USAGE })] : []),
  ].join('')
}

function envelope(id: string, body: ChatBody, object: string) {
  return { id: `chatcmpl-${id}`, object, created: Math.floor(Date.now() / 1000), model: body.model }
}
