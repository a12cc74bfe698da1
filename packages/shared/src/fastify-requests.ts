import type { ServerResponse } from 'node:http'
import { type Link, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ATTRIBUTE } from './attributes.ts'
import { METRIC } from './metric-table.ts'
import { createHistogram } from './metrics.ts'
import { type OpenSpan, openSpan } from './open-span.ts'
import { withRequestId } from './request-id.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What goes on even when the client has left: the request's span ends after it. */
    work: Promise<unknown> | null
  }
}

/** All that no route answers is one: addresses come from anybody. */
const UNKNOWN_ROUTE = 'unknown'
/** Asked every few seconds for ever, and of interest to nobody. */
const PROBES = new Set(['/healthz', '/readyz'])
/** Instead of a status, where the client left before it was told one. */
const NO_STATUS = 'none'

const requestSeconds = createHistogram(METRIC.httpRequests)

/**
 * Counts each request, and makes its id known to all that follows (hooks, handlers, streams), as is its span
 * `<METHOD> <route>` if it is kept. The span begins a trace: who calls may say in `traceparent` where the call came from,
 * which becomes a link, but decides neither about our trace nor whether it is kept. Must be called before other hooks are added.
 */
export function observeRequests(app: FastifyInstance): void {
  app.decorateRequest('work', null)
  app.addHook('onRequest', (request, { raw: response }, done) => {
    const route = request.routeOptions.url ?? UNKNOWN_ROUTE
    if (PROBES.has(route)) return done()
    const { method } = request
    const startedMs = performance.now()
    const span = openSpan(`${method} ${route}`, {
      kind: SpanKind.SERVER,
      root: true,
      links: linksOf(request),
    })
    if (span.isRecording) {
      span.set({
        [ATTRIBUTE.httpMethod]: method,
        [ATTRIBUTE.httpRoute]: route,
        [ATTRIBUTE.requestId]: request.id,
      })
    }
    // Fastify's onResponse does not come when the client has left.
    response.once('close', () => {
      const status = response.headersSent ? String(response.statusCode) : NO_STATUS
      requestSeconds.record((performance.now() - startedMs) / 1000, { route, method, status })
      const end = () => endSpan(span, response)
      if (request.work) void request.work.then(end, end)
      else end()
    })
    span.run(() => withRequestId(request.id, done))
  })
}

function linksOf({ headers: { traceparent } }: FastifyRequest): Link[] {
  if (traceparent === undefined) return []
  // Nothing else of theirs is taken over: `tracestate` and `baggage` are free text.
  const theirs = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }))
  return theirs ? [{ context: theirs }] : []
}

function endSpan(span: OpenSpan, { headersSent, statusCode }: ServerResponse): void {
  if (headersSent) span.set({ [ATTRIBUTE.httpStatus]: statusCode })
  span.end(headersSent && statusCode >= 500)
}
