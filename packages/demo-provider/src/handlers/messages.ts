import { composeAnswer } from '../answer.ts'
import { deliverStream, deliverWhole } from '../delivery.ts'
import { directiveInMessages } from '../directive.ts'
import { ApiError } from '../errors.ts'
import { passFaults } from '../faults.ts'
import { messageError, messageFrames, messageOf, THOUGHT } from '../frames-anthropic.ts'
import { readMessagesRequest } from '../request-anthropic.ts'
import type { Call } from '../routes.ts'

/** POST /v1/messages: the same answers as the chat, in Anthropic's API. */
export async function messages({ exchange, body, control, options }: Call): Promise<void> {
  if (!exchange.record.headers['anthropic-version']) {
    throw new ApiError(400, 'anthropic-version: header is required')
  }
  const { request, thinks } = readMessagesRequest(body, options.models)
  const directive = control.take(directiveInMessages(request.messages))
  // What it thinks is part of what it may write.
  const hasThought = thinks && request.maxTokens > THOUGHT.length
  const maxTokens = request.maxTokens - (hasThought ? THOUGHT.length : 0)
  const answer = composeAnswer({ ...request, maxTokens }, directive)
  if (!(await passFaults(exchange, control, { directive, writeError: messageError }))) return

  const deliver = request.stream ? deliverStream : deliverWhole
  return deliver(exchange, {
    answers: [answer],
    frames: messageFrames(messageOf(request, answer, { directive, hasThought })),
    firstTokenMs: directive.first ?? options.firstTokenMs,
    chunkMs: directive.gap ?? options.chunkMs,
    directive,
  })
}
