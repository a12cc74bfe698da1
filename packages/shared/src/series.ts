import { type HrTime, ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import type { MetricDefinition } from './metrics.ts'

/**
 * The sums of counters and histograms, kept where they are counted. The SDK's instruments sort and hash the labels of each
 * measurement, a microsecond and a dozen objects; ten of them are a twentieth of a gateway's request.
 */

type Labels = Record<string, string>

interface Point {
  labels: Labels
  count: number
  sum: number
  /** How many fell into each bucket; the last is for all above. */
  buckets: number[]
}

/** One metric, all its sets of labels. */
export class Series {
  readonly #names: readonly string[]
  readonly #bounds: readonly number[]
  readonly #points = new Map<string, Point>()
  readonly #describe: (points: Iterable<Point>) => MetricData

  constructor({ name, help, labels = [], buckets }: MetricDefinition, isHistogram: boolean) {
    this.#names = labels
    this.#bounds = buckets ?? []
    const descriptor = { name, description: help, unit: '', valueType: ValueType.DOUBLE }
    this.#describe = points => {
      const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE }
      return isHistogram
        ? { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(points, this.#bounds) }
        : { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: sums(points) }
    }
  }

  /** Adds to the sum. */
  add(by: number, labels: Labels = {}): void {
    this.#pointOf(labels).sum += by
  }

  /** Counts a value in its bucket, which includes its upper bound. */
  record(value: number, labels: Labels = {}): void {
    const point = this.#pointOf(labels)
    point.count += 1
    point.sum += value
    let bucket = 0
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++
    point.buckets[bucket] = (point.buckets[bucket] ?? 0) + 1
  }

  get data(): MetricData {
    return this.#describe(this.#points.values())
  }

  #pointOf(labels: Labels): Point {
    let key = ''
    for (const name of this.#names) key += `${labels[name]}\0`
    let point = this.#points.get(key)
    if (!point) {
      point = { labels: { ...labels }, count: 0, sum: 0, buckets: Array(this.#bounds.length + 1).fill(0) }
      this.#points.set(key, point)
    }
    return point
  }
}

/** Cumulative since the start; the text that is scraped carries no times. */
const TIME: HrTime = [0, 0]
const TIMES = { startTime: TIME, endTime: TIME }

function sums(points: Iterable<Point>) {
  return Array.from(points, ({ labels, sum }) => ({ ...TIMES, attributes: labels, value: sum }))
}

function histograms(points: Iterable<Point>, bounds: readonly number[]) {
  return Array.from(points, ({ labels, count, sum, buckets }) => ({
    ...TIMES,
    attributes: labels,
    value: { count, sum, buckets: { boundaries: [...bounds], counts: buckets } },
  }))
}

const known = new Map<string, Series>()

/** The series of a metric: one for each name, whoever asks. */
export function seriesOf(definition: MetricDefinition, isHistogram: boolean): Series {
  return known.getOrInsertComputed(definition.name, () => new Series(definition, isHistogram))
}

/** What the exporter reads beside the SDK's own metrics. */
export const producer: MetricProducer = {
  async collect() {
    const metrics = known
      .values()
      .map(({ data }) => data)
      .filter(({ dataPoints }) => dataPoints.length > 0)
      .toArray()
    const scopeMetrics = [{ scope: { name: 'lectern' }, metrics }]
    // The resource is that of the SDK's own metrics.
    return { resourceMetrics: { scopeMetrics }, errors: [] } as unknown as CollectionResult
  },
}
