import { NodeSDK } from '@opentelemetry/sdk-node'
import { keepShare } from '../sampler.ts'
import type { Test } from './servers.ts'

type Processor = NonNullable<NonNullable<ConstructorParameters<typeof NodeSDK>[0]>['spanProcessors']>[number]
/** A span that has ended. */
export type EndedSpan = Parameters<Processor['onEnd']>[0]

/** The spans that ended in this process. */
export interface EndedSpans {
  all(): readonly EndedSpan[]
  /** Those by that name, in the order of their beginning. */
  named(name: string): EndedSpan[]
  /** What is below a span, one name a line, indented by two spaces for each level, in the order of their beginning. */
  tree(root: EndedSpan): string
  /** Forgets them. */
  clear(): void
}

/** Turns tracing on in this process, by default with every trace kept, and collects its spans instead of sending them. */
export function collectSpans(t: Test, { share = 1 } = {}): EndedSpans {
  const ended: EndedSpan[] = []
  const collector: Processor = {
    onStart: () => undefined,
    onEnd: span => void ended.push(span),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
  Object.assign(process.env, {
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_PROPAGATORS: 'tracecontext',
  })
  const sdk = new NodeSDK({
    sampler: keepShare(share),
    spanProcessors: [collector],
    instrumentations: [],
    autoDetectResources: false,
  })
  sdk.start()
  t.teardown(() => sdk.shutdown())

  const inOrder = (spans: EndedSpan[]) => spans.sort((a, b) => startOf(a) - startOf(b))
  const childrenOf = (parent: EndedSpan) =>
    inOrder(ended.filter(span => span.parentSpanContext?.spanId === parent.spanContext().spanId))
  const linesOf = (span: EndedSpan): string[] => [
    span.name,
    ...childrenOf(span).flatMap(child => linesOf(child).map(line => `  ${line}`)),
  ]
  return {
    all: () => ended,
    named: name => inOrder(ended.filter(span => span.name === name)),
    tree: root => linesOf(root).join('\n'),
    clear: () => void ended.splice(0),
  }
}

function startOf({ startTime: [seconds, nanoseconds] }: EndedSpan): number {
  return seconds * 1e3 + nanoseconds / 1e6
}
