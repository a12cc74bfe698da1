import { composeAnswer } from '../answer.ts'
import { deliverStream, deliverWhole } from '../delivery.ts'
import { directiveInMessages } from '../directive.ts'
import { errorForStatus } from '../errors.ts'
import { completionOf } from '../frames.ts'
import { readChatRequest } from '../request.ts'
import type { Call } from '../routes.ts'

/** POST /v1/chat/completions: decides the whole answer first, then lets it go wrong or go out as directed. */
export async function chatCompletions({ exchange, body, control, options }: Call): Promise<void> {
  const request = readChatRequest(body, options.models)
  const directive = control.take(directiveInMessages(request.messages))
  const answers = Array.from({ length: request.choices }, () => composeAnswer(request, directive))

  if (directive.hold) await control.hold(directive.hold, exchange.gone)
  await exchange.pause(directive.delay ?? 0)
  if (directive.reset) return exchange.reset()
  if (directive.hang === 'headers') return exchange.hang()
  if (directive.status) {
    const retryAfter = directive['retry-after']
    const headers: Record<string, string> =
      retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
    return exchange.json(directive.status, errorForStatus(directive.status).body(), headers)
  }

  const deliver = request.stream ? deliverStream : deliverWhole
  return deliver(exchange, {
    completion: completionOf(request, answers, directive),
    firstTokenMs: directive.first ?? options.firstTokenMs,
    chunkMs: directive.gap ?? options.chunkMs,
    directive,
  })
}
