import { type NatsConnection, NoRespondersError, RequestError, TimeoutError } from '@nats-io/nats-core'
import type { Call, ReplyOf, RequestOf } from '../contracts/call.ts'
import { LecternError } from '../errors.ts'
import { validator } from '../schema.ts'
import { inSpan, SpanKind } from '../spans.ts'
import { isConnected } from './connect.ts'
import { type Envelope, fromWire } from './envelope.ts'
import { traceHeaders } from './tracing.ts'

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
  const checkReply = validator(call.reply)
  return (request, { timeoutMs = usualMs } = {}) =>
    inSpan(`request ${call.subject}`, { kind: SpanKind.CLIENT }, async () => {
      // The client would queue the request until it is connected again, long after the caller has given up.
      if (!isConnected(nc)) throw new NobodyThereError(call.subject, 'not connected to the bus')
      const headers = traceHeaders()
      const message = await nc
        .request(call.subject, JSON.stringify(request), { timeout: timeoutMs, headers })
        .catch((error: unknown) => {
          throw toFailure(call.subject, timeoutMs, error)
        })
      const envelope = message.json<Envelope<ReplyOf<C>>>()
      if (!envelope.ok) throw fromWire(envelope.error)
      return checkReply(envelope.data) as ReplyOf<C>
    })
}

function toFailure(subject: string, timeoutMs: number, error: unknown): LecternError {
  const unheard =
    error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders())
  if (unheard) return new NobodyThereError(subject, error)
  if (error instanceof TimeoutError) return new NoAnswerError(subject, timeoutMs, error)
  // A closed or draining connection: nothing was sent.
  return new NobodyThereError(subject, error)
}
