import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Attributes, ObservableResult } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { producer, seriesOf } from './series.ts'

/**
 * The numbers of a process, always on: kept in memory, read by whoever scrapes `/metrics` of the operator's door (`ops.ts`).
 * What is counted, and by which labels, stands in `metric-table.ts`.
 */

/** One metric, named as Prometheus shows it. */
export interface MetricDefinition {
  name: string
  help: string
  labels?: readonly string[]
  /** Upper bounds of a histogram's buckets. */
  buckets?: readonly number[]
}

/** A value for each label that the definition names. */
export type LabelsOf<D extends MetricDefinition> = D extends { labels: readonly (infer L extends string)[] }
  ? Record<L, string>
  : Record<never, never>

type LabelArguments<D extends MetricDefinition> = D extends { labels: readonly string[] } ? [LabelsOf<D>] : []

export interface Counter<D extends MetricDefinition> {
  add(by: number, ...labels: LabelArguments<D>): void
}

export interface Histogram<D extends MetricDefinition> {
  record(value: number, ...labels: LabelArguments<D>): void
}

const exporter = new PrometheusExporter({
  preventServerStart: true,
  withoutScopeInfo: true,
  withoutTargetInfo: true,
  metricProducers: [producer],
})
const provider = new MeterProvider({ readers: [exporter] })
const meter = provider.getMeter('lectern')

/** A scrape waits no longer for one gauge: something may be away, and the rest is then wanted most. */
const READ_TIMEOUT_MS = 1000
const RUNTIME_PRECISION_MS = 20

/** A number that only grows. One without labels is there from the start, at zero. */
export function createCounter<D extends MetricDefinition>(definition: D): Counter<D> {
  const series = seriesOf(definition, false)
  if (!definition.labels) series.add(0)
  return series
}

/** How values spread over the buckets of the definition. */
export function createHistogram<D extends MetricDefinition>(definition: D): Histogram<D> {
  return seriesOf(definition, true)
}

/**
 * What `read` answers at each scrape: a number, or one for each set of labels. What could not be read now is NaN, which no
 * alert takes for a value: the exporter would repeat the last one for ever.
 */
export function observeGauge<D extends MetricDefinition>(
  { name, help }: D,
  read: () => Reading<D> | Promise<Reading<D>>,
  closing: AsyncDisposableStack,
): void {
  const gauge = meter.createObservableGauge(name, { description: help })
  let known: [number, Attributes][] = []
  const observe = async (result: ObservableResult) => {
    const late = new Promise<null>(resolve => setTimeout(resolve, READ_TIMEOUT_MS, null).unref())
    const found = await Promise.race([Promise.resolve().then(read), late]).catch(() => null)
    for (const [, labels] of known) result.observe(Number.NaN, labels)
    if (found === null) return
    known = typeof found === 'number' ? [[found, {}]] : [...found]
    for (const [value, labels] of known) result.observe(value, labels)
  }
  gauge.addCallback(observe)
  closing.defer(() => gauge.removeCallback(observe))
}

export type Reading<D extends MetricDefinition> = number | [number, LabelsOf<D>][]

/** Adds what Node tells of itself (event loop delay and use, heap, garbage collection) until the service closes. */
export function observeRuntime(closing: AsyncDisposableStack): void {
  const runtime = new RuntimeNodeInstrumentation({ monitoringPrecision: RUNTIME_PRECISION_MS })
  runtime.setMeterProvider(provider)
  closing.defer(() => runtime.disable())
}

/** Answers a scrape in Prometheus' text format. */
export function answerScrape(request: IncomingMessage, response: ServerResponse): void {
  exporter.getMetricsRequestHandler(request, response)
}
