import type { Msg, NatsConnection } from '@nats-io/nats-core'
import type { Call, ReplyOf, RequestOf } from '../contracts/call.ts'
import { toLecternError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { toUnavailable } from '../outage.ts'
import { validator } from '../schema.ts'
import { inSpan, SpanKind } from '../spans.ts'
import { type Envelope, toWire } from './envelope.ts'
import { contextOf } from './tracing.ts'

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
  const running = new Set<Promise<void>>()

  function on<C extends Call>(call: C, handler: Handler<C>): void {
    const checkRequest = validator(call.request)
    const serve = async (message: Msg): Promise<void> => {
      const envelope = await inSpan(
        `handle ${call.subject}`,
        { kind: SpanKind.SERVER, parent: contextOf(message.headers) },
        () => answer(() => handler(checkRequest(message.json()) as RequestOf<C>)),
      )
      message.respond(JSON.stringify(envelope))
    }
    const answer = async (work: () => Promise<ReplyOf<C>>): Promise<Envelope<ReplyOf<C>>> => {
      try {
        return { ok: true, data: await work() }
      } catch (thrown) {
        // What a service keeps its things in may be away: that passes, and the asker should come back.
        const error = toLecternError(toUnavailable(thrown))
        if (error.status >= 500) log.error({ err: thrown, subject: call.subject }, 'request failed')
        return { ok: false, error: toWire(error) }
      }
    }
    subscriptions.push(
      nc.subscribe(call.subject, {
        queue,
        callback: (error, message) => {
          if (error) return log.error({ err: error, subject: call.subject }, 'subscription failed')
          const work = serve(message).catch(cause =>
            log.error({ err: cause, subject: call.subject }, 'no reply'),
          )
          running.add(work)
          void work.finally(() => running.delete(work))
        },
      }),
    )
  }

  return {
    on,
    async drain() {
      await Promise.all(subscriptions.map(subscription => subscription.drain()))
      await Promise.all(running)
    },
  }
}
