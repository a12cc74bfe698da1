import { basename, dirname } from 'node:path'
import { DiagLogLevel, diag, isSpanContextValid, type Span, trace } from '@opentelemetry/api'
import type { Logger } from './log.ts'
import { Draw, drawBefore, keepShare, readShare } from './sampler.ts'

/**
 * Tracing, loaded before anything else (`node --import @lectern/shared/telemetry.ts`). It is on when an OTLP endpoint is
 * named (`OTEL_EXPORTER_OTLP_ENDPOINT`, and the SDK's other `OTEL_*` variables); without one nothing is loaded and a span
 * costs nothing.
 */

/** Libraries whose own calls become spans. NATS and Redis scripts have spans of our own. */
export type Instrumentation = 'undici' | 'pg'

type SpanWatcher = (instrumentation: Instrumentation, traceId: string) => void
const watchers = new Set<SpanWatcher>()
/** Whether spans are made at all. */
export let isTracing = false
let stopTelemetry = async (): Promise<void> => {}

if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT && process.env.OTEL_SDK_DISABLED !== 'true') {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const { getNodeAutoInstrumentations } = await import('@opentelemetry/auto-instrumentations-node')
  setDefaults(process.env)
  const watched = (instrumentation: Instrumentation) => ({
    requestHook(span: Span) {
      dropWords(span)
      noticeSpan(instrumentation, span)
    },
  })
  const { OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG } = process.env
  const share = readShare(OTEL_TRACES_SAMPLER_ARG)
  const draw = new Draw(share)
  // A sampler that an operator has named is the SDK's to make.
  if (!OTEL_TRACES_SAMPLER) drawBefore(draw)
  const sdk = new NodeSDK({
    ...(OTEL_TRACES_SAMPLER ? {} : { sampler: keepShare(share), idGenerator: draw }),
    instrumentations: [
      getNodeAutoInstrumentations({
        // Only inside of a span: what no request has caused (probes, periodic work) would fill the store with traces of one.
        '@opentelemetry/instrumentation-undici': {
          requireParentforSpans: true,
          // Asked before it describes a request in twenty attributes that nobody will see: a tenth of what a gateway's request costs.
          ignoreRequestHook: () => trace.getActiveSpan() === undefined,
          ...watched('undici'),
        },
        // A pool's connect is part of the query that waits for it: the difference is seen in `lectern_postgres_waiting`.
        '@opentelemetry/instrumentation-pg': {
          requireParentSpan: true,
          ignoreConnectSpans: true,
          ...watched('pg'),
        },
      }),
    ],
  })
  sdk.start()
  isTracing = true
  stopTelemetry = () => sdk.shutdown()
}

/** What an operator has not decided otherwise. */
function setDefaults(env: NodeJS.ProcessEnv): void {
  // services/<name>/src/main.ts
  env.OTEL_SERVICE_NAME ??= `lectern-${basename(dirname(dirname(process.argv[1] ?? '')))}`
  env.OTEL_NODE_ENABLED_INSTRUMENTATIONS ??= 'undici,pg'
  // No baggage: it would travel from service to service, and to the providers.
  env.OTEL_PROPAGATORS ??= 'tracecontext'
  // A batch links to each of its requests, and has up to a thousand of them; the SDK's own limit is 128.
  env.OTEL_SPAN_LINK_COUNT_LIMIT ??= '1000'
  // Metrics are read at /metrics, logs are lines on stdout.
  env.OTEL_METRICS_EXPORTER ??= 'none'
  env.OTEL_LOGS_EXPORTER ??= 'none'
}

/** An instrumentation tells failures with their message, and Postgres quotes values there: only that it failed is kept. */
function dropWords(span: Span): void {
  const setStatus = span.setStatus.bind(span)
  span.setStatus = ({ code }) => setStatus({ code })
  span.recordException = () => undefined
}

function noticeSpan(instrumentation: Instrumentation, span: Span): void {
  if (watchers.size === 0) return
  const spanContext = span.spanContext()
  if (!isSpanContextValid(spanContext)) return
  for (const watcher of watchers) watcher(instrumentation, spanContext.traceId)
}

/** Tells the watcher of each span that an instrumentation makes, kept or not, until it is disposed. */
export function watchSpans(watcher: SpanWatcher): Disposable {
  watchers.add(watcher)
  return { [Symbol.dispose]: () => watchers.delete(watcher) }
}

const TROUBLE_EVERY_MS = 60_000

/**
 * Tells the log what the SDK complains of, which is nearly always that spans are lost: the collector is away, or more wait for
 * it than there is room for. Once a minute at most. An operator who sets OTEL_LOG_LEVEL gets everything that the SDK has to say instead, on the console.
 */
export function reportLostSpans(log: Logger): void {
  if (!isTracing || process.env.OTEL_LOG_LEVEL) return
  let quietUntilMs = 0
  const report = (reason: unknown) => {
    if (performance.now() < quietUntilMs) return
    quietUntilMs = performance.now() + TROUBLE_EVERY_MS
    // Some of its libraries give an error instead of words.
    log.warn({ reason: String(reason).slice(0, 300) }, 'tracing: the SDK complains, spans may be lost')
  }
  const ignore = () => undefined
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}

/** Sends what spans are still buffered, and stops. */
export async function flushTelemetry(): Promise<void> {
  await stopTelemetry().catch((error: unknown) => diag.error('spans could not be sent', error))
}
