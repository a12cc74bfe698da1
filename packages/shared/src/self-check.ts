import { setTimeout as delay } from 'node:timers/promises'
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { Logger } from './log.ts'
import { METRIC } from './metric-table.ts'
import { observeGauge } from './metrics.ts'
import { SELF_CHECK } from './sampler.ts'
import { type Instrumentation, isTracing, watchSpans } from './telemetry.ts'

/** What makes each instrumentation of a service do its work once. */
export type Probes = Partial<Record<Instrumentation, () => Promise<unknown>>>

const tracer = trace.getTracer('lectern')
const RETRY_MS = 5000

export interface SelfCheckOptions {
  probes: Probes
  log: Logger
  closing: AsyncDisposableStack
  retryMs?: number
}

/**
 * Proves after the start that each instrumentation makes spans: one that was loaded too late, or not at all, makes none and
 * says nothing. What is missing is an error in the log and 0 in `lectern_instrumentation_up`. What cannot be tried yet
 * (Postgres is away) is tried again. Does nothing where nothing is traced.
 */
export async function checkInstrumentations({
  probes,
  log,
  closing,
  retryMs = RETRY_MS,
}: SelfCheckOptions): Promise<void> {
  if (!isTracing) return
  const found = new Map<Instrumentation, boolean>()
  observeGauge(
    METRIC.instrumentationUp,
    () => [...found].map(([instrumentation, up]) => [up ? 1 : 0, { instrumentation }]),
    closing,
  )
  const stopping = new AbortController()
  closing.defer(() => stopping.abort())
  await Promise.all(
    (Object.keys(probes) as Instrumentation[]).map(async instrumentation => {
      const up = await untilTried(instrumentation)
      if (up === undefined) return
      found.set(instrumentation, up)
      if (up) log.info({ instrumentation }, 'instrumentation makes spans')
      else log.error({ instrumentation }, `instrumentation makes no spans: ${instrumentation}`)
    }),
  )

  async function untilTried(instrumentation: Instrumentation): Promise<boolean | undefined> {
    while (!stopping.signal.aborted) {
      try {
        return await makesSpan(instrumentation, probes[instrumentation])
      } catch (error) {
        log.warn({ err: error, instrumentation }, 'instrumentation could not be tried yet')
        await delay(retryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
      }
    }
    return undefined
  }
}

/** Whether the work makes a span of the instrumentation inside the trace that is begun here. */
async function makesSpan(
  instrumentation: Instrumentation,
  work: () => Promise<unknown> = async () => undefined,
): Promise<boolean> {
  // Not `inSpan`: a sampler of the operator's that does not keep this trace is no fault of the instrumentation.
  const span = tracer.startSpan(SELF_CHECK, { root: true })
  const { traceId } = span.spanContext()
  let made = false
  using _ = watchSpans((by, id) => {
    if (by === instrumentation && id === traceId) made = true
  })
  try {
    await context.with(trace.setSpan(ROOT_CONTEXT, span), work)
    return made
  } finally {
    span.end()
  }
}
