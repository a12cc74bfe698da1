import {
  type Context,
  context,
  type Link,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

export { SpanKind }

const tracer = trace.getTracer('lectern')

export interface SpanOptions {
  kind: SpanKind
  attributes?: Record<string, string | number | boolean>
  parent?: Context
  links?: Link[]
}

/** Runs `work` inside a span that ends with it, and carries its failure. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { parent = context.active(), ...rest } = options
  return tracer.startActiveSpan(name, rest, parent, async span => {
    try {
      return await work(span)
    } catch (error) {
      span.recordException(error as Error)
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  })
}

/** The id of the running trace, or null where nothing is traced. */
export function currentTraceId(): string | null {
  return trace.getActiveSpan()?.spanContext().traceId ?? null
}
