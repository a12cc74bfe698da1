import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { SpanStatusCode } from '@opentelemetry/api'
import { ATTRIBUTE } from '../attributes.ts'
import type { Call, ReplyOf, RequestOf } from '../contracts/call.ts'
import { REQUEST_ID_HEADER } from '../contracts/subjects.ts'
import { toLecternError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { toUnavailable } from '../outage.ts'
import { withRequestId } from '../request-id.ts'
import { validator } from '../schema.ts'
import { Slab } from '../slab.ts'
import { inSpan, type Span, SpanKind } from '../spans.ts'
import { type Envelope, replyName, toWire } from './envelope.ts'
import { createOutbox } from './outbox.ts'
import { contextOf, messagingAttributes } from './tracing.ts'

/**
 * Only what has an inbox to be answered at is a question. The bus lets an asker name any subject: the answer would be said
 * there with this service's rights. And it lets a consumer have its messages delivered to any subject, past all rights.
 */
const INBOX_PREFIX = '_INBOX'

export type Handler<C extends Call> = (request: RequestOf<C>) => Promise<ReplyOf<C>>

/** Binds handlers to their calls on one connection; `queue` (the service's name) shares the work among its replicas. */
export interface Responder {
  on<C extends Call>(call: C, handler: Handler<C>): void
  /** Takes no new requests, answers those it has. */
  drain(): Promise<void>
}

export function createResponder(
  nc: NatsConnection,
  { queue, log }: { queue: string; log: Logger },
): Responder {
  const subscriptions: { drain(): Promise<void> }[] = []
  const running = new Slab<Promise<void>>()
  const answers = createOutbox<{ message: Msg; text: string }>(({ message, text }) => {
    try {
      message.respond(text)
    } catch (cause) {
      log.error({ err: cause, subject: message.subject }, 'no reply')
    }
  })

  function on<C extends Call>(call: C, handler: Handler<C>): void {
    const checkRequest = validator(call.request)
    const attributes = messagingAttributes(call.subject)
    const serve = async (message: Msg): Promise<void> => {
      const parent = contextOf(message.headers)
      const requestId = message.headers?.get(REQUEST_ID_HEADER)
      const envelope = await withRequestId(requestId, () =>
        inSpan(`handle ${call.subject}`, { kind: SpanKind.SERVER, parent, attributes }, span =>
          answer(span, () => handler(checkRequest(message.json()) as RequestOf<C>)),
        ),
      )
      answers.put({ message, text: JSON.stringify(envelope) })
    }
    const answer = async (span: Span, work: () => Promise<ReplyOf<C>>): Promise<Envelope<ReplyOf<C>>> => {
      try {
        const data = await work()
        span.setAttribute(ATTRIBUTE.reply, replyName(data))
        return { ok: true, data }
      } catch (thrown) {
        // What a service keeps its things in may be away: that passes, and the asker should come back.
        const error = toLecternError(toUnavailable(thrown))
        span.setAttribute(ATTRIBUTE.reply, error.code)
        if (error.status >= 500) {
          span.setStatus({ code: SpanStatusCode.ERROR })
          log.error({ err: thrown, subject: call.subject }, 'request failed')
        }
        return { ok: false, error: toWire(error) }
      }
    }
    subscriptions.push(
      nc.subscribe(call.subject, {
        queue,
        callback: (error, message) => {
          if (error) return log.error({ err: error, subject: call.subject }, 'subscription failed')
          if (!message.reply?.startsWith(INBOX_PREFIX)) {
            return log.warn({ subject: call.subject, reply: message.reply }, 'a question without an inbox')
          }
          const work = serve(message).catch(cause =>
            log.error({ err: cause, subject: call.subject }, 'no reply'),
          )
          const place = running.add(work)
          void work.finally(() => running.remove(place))
        },
      }),
    )
  }

  return {
    on,
    async drain() {
      await Promise.all(subscriptions.map(subscription => subscription.drain()))
      await Promise.all(running)
      answers.flush()
    },
  }
}
