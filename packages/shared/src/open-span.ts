import {
  type Context,
  context,
  type Link,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { SpanAttributes } from './attributes.ts'
import { mayBeKept } from './sampler.ts'
import { isKept } from './spans.ts'

const tracer = trace.getTracer('lectern')

export interface OpenSpanOptions {
  kind: SpanKind
  /** Begins a trace of its own, whatever runs now. */
  root?: boolean
  links?: Link[]
}

/** A span that outlives the function that began it: whoever opened it ends it. */
export interface OpenSpan {
  /** Whether anybody will see it: if not, its attributes need not be made. */
  readonly isRecording: boolean
  /** Runs `work` with this span as the parent of all that begins there. */
  run<T>(work: () => T): T
  set(attributes: SpanAttributes): void
  end(hasFailed: boolean): void
}

/** Where nothing is traced, or the trace is not kept: one for all, so that it and what is below it cost nothing. */
const NO_SPAN: OpenSpan = {
  isRecording: false,
  run: work => work(),
  set: () => undefined,
  end: () => undefined,
}

/** Opens a span below the running one; a root, wherever it is. */
export function openSpan(name: string, options: OpenSpanOptions): OpenSpan {
  if (options.root ? !mayBeKept() : !isKept(context.active())) return NO_SPAN
  const span = tracer.startSpan(name, options)
  return span.isRecording() ? new RunningSpan(span) : NO_SPAN
}

/** Adds to the running span what `describe` gives; it is asked only if somebody will see it. */
export function annotate(describe: () => SpanAttributes): void {
  const span = trace.getActiveSpan()
  if (span?.isRecording()) span.setAttributes(describe())
}

class RunningSpan implements OpenSpan {
  readonly #span: Span
  readonly #context: Context

  constructor(span: Span) {
    this.#span = span
    this.#context = trace.setSpan(context.active(), span)
  }

  get isRecording(): boolean {
    return this.#span.isRecording()
  }

  run<T>(work: () => T): T {
    return context.with(this.#context, work)
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes)
  }

  end(hasFailed: boolean): void {
    if (hasFailed) this.#span.setStatus({ code: SpanStatusCode.ERROR })
    this.#span.end()
  }
}
