import type { MsgHdrs } from '@nats-io/nats-core'
import { type Context, context, type Link, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { ATTRIBUTE } from '../attributes.ts'
import { isKept } from '../spans.ts'
import { headersOf } from './headers.ts'

/**
 * The trace context in NATS headers (no instrumentation for NATS exists). W3C `traceparent`, as over HTTP.
 */

const carrier = {
  get: (hdrs: MsgHdrs, name: string) => hdrs.get(name) || undefined,
  keys: (hdrs: MsgHdrs) => hdrs.keys(),
}

/** Headers, by their names, that carry the running span's context; none where no span runs. */
export function traceFields(): Record<string, string> {
  const fields: Record<string, string> = {}
  if (trace.getActiveSpan()) propagation.inject(context.active(), fields)
  return fields
}

/** The same as headers of a message. */
export function traceHeaders(): MsgHdrs {
  return headersOf(traceFields())
}

/** The context that a message came with: never the one in which the connection happened to be opened. */
export function contextOf(hdrs: MsgHdrs | undefined): Context {
  return hdrs ? propagation.extract(ROOT_CONTEXT, hdrs, carrier) : ROOT_CONTEXT
}

/** Links from a batch to the requests that its messages came from, as far as those are kept. */
export function linksOf(messages: readonly { headers?: MsgHdrs | undefined }[]): Link[] {
  return messages.flatMap(message => {
    const parent = contextOf(message.headers)
    const span = trace.getSpanContext(parent)
    return span && isKept(parent) ? [{ context: span }] : []
  })
}

/** What every span of the bus says: where its message went. */
export const messagingAttributes = (subject: string) => ({
  [ATTRIBUTE.messagingSystem]: 'nats',
  [ATTRIBUTE.messagingDestination]: subject,
})
