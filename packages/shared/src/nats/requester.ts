import { type NatsConnection, PermissionViolationError, TimeoutError } from '@nats-io/nats-core'
import { ATTRIBUTE } from '../attributes.ts'
import type { Call, ReplyOf, RequestOf } from '../contracts/call.ts'
import { REQUEST_ID_HEADER } from '../contracts/subjects.ts'
import { LecternError } from '../errors.ts'
import { METRIC } from '../metric-table.ts'
import { createHistogram } from '../metrics.ts'
import { currentRequestId } from '../request-id.ts'
import { validator } from '../schema.ts'
import { inSpan, SpanKind } from '../spans.ts'
import { isConnected } from './connect.ts'
import { type Envelope, fromWire, replyName } from './envelope.ts'
import { ask } from './questions.ts'
import { messagingAttributes, traceFields } from './tracing.ts'

const seconds = createHistogram(METRIC.busRequests)

/** Nobody listens to the subject, or the bus itself is away: the request reached no one and may be sent again. */
export class NobodyThereError extends LecternError {
  override readonly name = 'NobodyThereError'

  constructor(subject: string, cause: unknown) {
    super('service_unavailable', {
      retryAfterMs: 1000,
      cause: new Error(`nobody answers ${subject}`, { cause }),
    })
  }
}

/** No answer in time: whether it was carried out is unknown; repeat it only with the same id. */
export class NoAnswerError extends LecternError {
  override readonly name = 'NoAnswerError'

  constructor(subject: string, timeoutMs: number, cause: unknown) {
    super('service_unavailable', {
      retryAfterMs: 1000,
      cause: new Error(`no answer from ${subject} within ${timeoutMs} ms`, { cause }),
    })
  }
}

export type Ask<C extends Call> = (
  request: RequestOf<C>,
  options?: { timeoutMs?: number },
) => Promise<ReplyOf<C>>

/**
 * The asking end of a call: validates the answer, carries the trace, and tells the three ways of failing apart (a
 * LecternError that the responder chose, NobodyThereError, NoAnswerError). `timeoutMs` defaults to 2 s: a healthy
 * answer takes milliseconds, and a person waits for it.
 */
export function requester<C extends Call>(
  nc: NatsConnection,
  call: C,
  { timeoutMs: usualMs = 2000 } = {},
): Ask<C> {
  const { subject } = call
  const checkReply = validator(call.reply)
  const attributes = messagingAttributes(subject)

  async function send(request: RequestOf<C>, timeoutMs: number): Promise<ReplyOf<C>> {
    // The client would queue the request until it is connected again, long after the caller has given up.
    if (!isConnected(nc)) throw new NobodyThereError(subject, 'not connected to the bus')
    const headers = traceFields()
    const requestId = currentRequestId() ?? reservationOf(request)
    if (requestId) headers[REQUEST_ID_HEADER] = requestId
    const payload = Buffer.from(JSON.stringify(request))
    const message = await ask(nc, { subject, payload, headers, timeoutMs }).catch((error: unknown) => {
      throw toFailure(subject, timeoutMs, error)
    })
    const envelope = message.json<Envelope<ReplyOf<C>>>()
    if (!envelope.ok) throw fromWire(envelope.error)
    return checkReply(envelope.data) as ReplyOf<C>
  }

  return (request, { timeoutMs = usualMs } = {}) =>
    inSpan(`request ${subject}`, { kind: SpanKind.CLIENT, attributes }, async span => {
      const startMs = performance.now()
      let outcome = 'ok'
      try {
        const reply = await send(request, timeoutMs)
        span.setAttribute(ATTRIBUTE.reply, replyName(reply))
        return reply
      } catch (error) {
        outcome = error instanceof LecternError ? error.code : 'internal_error'
        span.setAttribute(ATTRIBUTE.reply, outcome)
        throw error
      } finally {
        seconds.record((performance.now() - startMs) / 1000, { subject, outcome })
      }
    })
}

/** A reservation has the id of its request. */
function reservationOf(request: unknown): string | undefined {
  const { reservationId } = request as { reservationId?: unknown }
  return typeof reservationId === 'string' ? reservationId : undefined
}

/**
 * Asks the same once more where no answer came: the replica that had taken the question may have died with it, and the next
 * one lives. Only for what may be asked twice.
 */
export function askingTwice<C extends Call>(ask: Ask<C>): Ask<C> {
  return (request, options) =>
    ask(request, options).catch((error: unknown) => {
      if (error instanceof NoAnswerError) return ask(request, options)
      throw error
    })
}

function toFailure(subject: string, timeoutMs: number, error: unknown): LecternError {
  // Where our inbox is refused the question may well have been heard.
  const isUnheard = error instanceof PermissionViolationError && error.operation === 'subscription'
  if (error instanceof TimeoutError || isUnheard) return new NoAnswerError(subject, timeoutMs, error)
  // Nobody listens, or the connection is closed or draining: nothing was done.
  return new NobodyThereError(subject, error)
}
