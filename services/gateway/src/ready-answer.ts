import type { Usage } from '@lectern/shared/contracts/records.ts'
import { type ChatBody, wantsUsage } from './chat.ts'
import { openAiUsage } from './doors/openai-usage.ts'
import { eventOf } from './upstream/sse.ts'

/** An answer that is there before any provider was asked, in the chat's own shape: to every client it is a normal completion. */
export interface ReadyAnswer {
  text: string
  finishReason: string
}

/** As one JSON body. */
export function readyBody(id: string, body: ChatBody, { text, finishReason }: ReadyAnswer, usage: Usage) {
  const message = { role: 'assistant', content: text, refusal: null }
  return {
    ...envelope(id, body, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: openAiUsage(usage),
  }
}

/** As the events of a stream, all but the last (`[DONE]`). */
export function readyEvents(
  id: string,
  body: ChatBody,
  { text, finishReason }: ReadyAnswer,
  usage: Usage,
): string {
  const common = envelope(id, body, 'chat.completion.chunk')
  const noUsage = wantsUsage(body) ? { usage: null } : {}
  const chunk = (delta: object, finish_reason: string | null) =>
    eventOf({ ...common, choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...noUsage })
  return [
    chunk({ role: 'assistant', content: text }, null),
    chunk({}, finishReason),
    ...(wantsUsage(body) ? [eventOf({ ...common, choices: [], usage: openAiUsage(usage) })] : []),
  ].join('')
}

function envelope(id: string, body: ChatBody, object: string) {
  return { id: `chatcmpl-${id}`, object, created: Math.floor(Date.now() / 1000), model: body.model }
}
