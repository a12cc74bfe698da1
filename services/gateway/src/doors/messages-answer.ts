import type { Usage } from '@lectern/shared/contracts/records.ts'
import { ChatChunks } from './chat-chunks.ts'
import type { Opening } from './door.ts'

/** What Anthropic's API says of an answer, streamed or not. */

/** The id of an answer's message, from that of its request. */
export function messageId(id: string): string {
  return `msg_${id.replaceAll('-', '')}`
}

/** Anthropic counts what was cached apart from the rest of the input. */
export function messagesUsage({ inputTokens, outputTokens, cachedTokens }: Usage) {
  return {
    input_tokens: inputTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: outputTokens,
  }
}

/** Why an answer ended. Which stop sequence it was, a chat does not say: it is an `end_turn`. */
export function stopReasonOf(finishReason: string | null, hasCalls: boolean): string {
  if (finishReason === 'length') return 'max_tokens'
  if (finishReason === 'content_filter') return 'refusal'
  // Some providers call a tool and say `stop`.
  return hasCalls ? 'tool_use' : 'end_turn'
}

/** Whether the client wants to see what the model thinks aloud. */
export function wantsThinking({ original }: Opening): boolean {
  const { type } = ((original as { thinking?: unknown }).thinking ?? {}) as { type?: unknown }
  return type === 'enabled' || type === 'adaptive'
}

/** A chat completion as one message. */
export function messageOf(completion: Buffer, opening: Opening, usage: Usage) {
  const [said] = new ChatChunks().readWhole(completion)
  const { text = '', refusal = '', reasoning = '', calls = [], finishReason = null } = said ?? {}
  const words = text || refusal
  const content = [
    // No signature: nobody has signed it, and nobody will look for one.
    ...(reasoning !== '' && wantsThinking(opening)
      ? [{ type: 'thinking', thinking: reasoning, signature: '' }]
      : []),
    ...(words === '' ? [] : [{ type: 'text', text: words, citations: null }]),
    ...calls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input: inputOf(input) })),
  ]
  return {
    ...envelopeOf(opening),
    content,
    stop_reason: stopReasonOf(finishReason, calls.length > 0),
    usage: messagesUsage(usage),
  }
}

/** What a message says of itself before it has said anything. */
export function envelopeOf({ id, body }: Opening) {
  const nothing = { stop_reason: null as string | null, stop_sequence: null }
  return { id: messageId(id), type: 'message', role: 'assistant', model: body.model, content: [], ...nothing }
}

/** The arguments of a call as the value that they are; what is cut off or no object is shown as it is. */
function inputOf(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return { arguments: text }
  }
}
