import type { MetricDefinition } from '@lectern/shared/metrics.ts'

/** Queries over the metrics of `metric-table.ts`: names and labels come from there, so that a wrong one is a type error. */

type LabelOf<D extends MetricDefinition> =
  | (D extends { labels: readonly (infer L extends string)[] } ? L : never)
  // What Prometheus adds to each scrape (prometheus.yml).
  | 'service'
  | 'instance'

export interface Selection<D extends MetricDefinition> {
  /** One line for each value of these labels; default: one line in all. */
  by?: readonly LabelOf<D>[]
  /** Label matchers as PromQL writes them, `outcome="failed"`. */
  where?: string
  /** What a rate is taken over; default: what suits the width of the panel. */
  over?: string
}

/** A line, or several that differ in `{{label}}`. */
export interface Query {
  expr: string
  legend: string
}

const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 }
const PER_PANEL = '$__rate_interval'

const selector = (name: string, where = '') => (where ? `${name}{${where}}` : name)
const grouped = (by: readonly string[] = []) => (by.length > 0 ? `sum by (${by.join(', ')}) ` : 'sum')
const legendOf = (by: readonly string[] = []) => by.map(label => `{{${label}}}`).join(' ')

/** How many a second: of a counter. */
export function perSecond<D extends MetricDefinition>(
  { name }: D,
  { by, where, over = PER_PANEL }: Selection<D> = {},
): string {
  return `${grouped(by)}(rate(${selector(name, where)}[${over}]))`
}

/** How many within a time: of a counter. */
export function within<D extends MetricDefinition>(
  { name }: D,
  { by, where, over = PER_PANEL }: Selection<D> = {},
): string {
  return `${grouped(by)}(increase(${selector(name, where)}[${over}]))`
}

/** What a histogram counts, as a counter. */
export function countOf<D extends MetricDefinition>(metric: D): D {
  return { ...metric, name: `${metric.name}_count` }
}

/** The value below which a share of a histogram's values lies. */
export function quantile<D extends MetricDefinition>(
  share: number,
  { name }: D,
  { by = [], where, over = PER_PANEL }: Selection<D> = {},
): string {
  const buckets = `rate(${selector(`${name}_bucket`, where)}[${over}])`
  return `histogram_quantile(${share}, sum by (${['le', ...by].join(', ')}) (${buckets}))`
}

/** p50, p95 and p99 of a histogram, each a line, or a line for each group. */
export function quantiles<D extends MetricDefinition>(metric: D, selection: Selection<D> = {}): Query[] {
  return Object.entries(QUANTILES).map(([name, share]) => ({
    expr: quantile(share, metric, selection),
    legend: `${legendOf(selection.by)} ${name}`.trim(),
  }))
}

/** A counter as rates, named by its groups. */
export function rates<D extends MetricDefinition>(
  metric: D,
  selection: Selection<D> & { legend?: string } = {},
): Query {
  return { expr: perSecond(metric, selection), legend: selection.legend ?? legendOf(selection.by) }
}

/**
 * A gauge; `as` tells what becomes of the readings of several processes. Those that ask the same server all read the same:
 * of them the largest is shown.
 */
export function reading<D extends MetricDefinition>(
  { name }: D,
  { by, where, as = 'max', legend }: Selection<D> & { as?: 'max' | 'sum'; legend?: string } = {},
): Query {
  const groups = by?.length ? ` by (${by.join(', ')}) ` : ''
  return { expr: `${as}${groups}(${selector(name, where)})`, legend: legend ?? legendOf(by) }
}
