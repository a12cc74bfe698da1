import { composeAnswer } from '../answer.ts'
import { deliverStream, deliverWhole } from '../delivery.ts'
import { directiveInMessages } from '../directive.ts'
import { passFaults } from '../faults.ts'
import { completionOf, framesOf } from '../frames.ts'
import { readChatRequest } from '../request.ts'
import type { Call } from '../routes.ts'

/** POST /v1/chat/completions: decides the whole answer first, then lets it go wrong or go out as directed. */
export async function chatCompletions({ exchange, body, control, options }: Call): Promise<void> {
  const request = readChatRequest(body, options.models)
  const directive = control.take(directiveInMessages(request.messages))
  const answers = Array.from({ length: request.choices }, () => composeAnswer(request, directive))
  if (!(await passFaults(exchange, control, { directive, writeError: error => error.body() }))) return

  const deliver = request.stream ? deliverStream : deliverWhole
  return deliver(exchange, {
    answers,
    frames: framesOf(completionOf(request, answers, directive)),
    firstTokenMs: directive.first ?? options.firstTokenMs,
    chunkMs: directive.gap ?? options.chunkMs,
    directive,
  })
}
