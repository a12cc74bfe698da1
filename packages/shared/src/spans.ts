import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { ATTRIBUTE } from './attributes.ts'
import { LecternError } from './errors.ts'
import { isSampled } from './sampler.ts'

export { type Span, SpanKind }

const tracer = trace.getTracer('lectern')
/** Stands in where no span is made: takes everything and keeps nothing. */
const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

type Attributes = Record<string, string | number | boolean>

export interface SpanOptions {
  kind: SpanKind
  /** As a function where making them costs something: it is asked only for a span that is made. */
  attributes?: Attributes | (() => Attributes)
  /** Default: what runs now. */
  parent?: Context
  links?: Link[]
  /** Begins a trace of its own, whatever runs now. */
  root?: boolean
}

/**
 * Runs `work` inside a span that ends with it, and carries its failure. Only as a part of a trace that is kept, unless it is a
 * root: what no request has caused (the expirer's scripts, a probe) makes no span, for each would be a trace of its own. What
 * nobody will see is not made active either: everything below it then costs what it costs without tracing.
 */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { root = false, parent = root ? ROOT_CONTEXT : context.active() } = options
  if (!root && !isKept(parent)) return work(NO_SPAN)
  const { kind, links = [] } = options
  const attributes = typeof options.attributes === 'function' ? options.attributes() : options.attributes
  const span = tracer.startSpan(name, { kind, links, root, ...(attributes && { attributes }) }, parent)
  if (!span.isRecording()) return work(NO_SPAN)
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await work(span)
    } catch (error) {
      span.setAttribute(ATTRIBUTE.errorType, errorType(error))
      if (isFault(error)) span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  })
}

/** Whether a context is part of a trace that somebody will see. */
export function isKept(parent: Context): boolean {
  const above = trace.getSpanContext(parent)
  return above !== undefined && isSpanContextValid(above) && isSampled(above)
}

/** What kind of failure it was: its code where it has one. Never its message, which may quote what somebody wrote. */
function errorType(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return [code, name].find(value => typeof value === 'string') ?? 'unknown'
}

/** A question that cannot be granted is no fault of whoever answers it. */
function isFault(error: unknown): boolean {
  return !(error instanceof LecternError) || error.status >= 500
}

/** The id of the running trace, or null where none is kept. */
export function currentTraceId(): string | null {
  return trace.getActiveSpan()?.spanContext().traceId ?? null
}
