import type { Times } from '../../load/plan.ts'
import type { Measurement } from './measurement.ts'

/** One scenario: a row for each contender; times are what it added to the provider's own, which comes first. */
export function tableOf(title: string, measured: Measurement[]): string {
  const [direct] = measured
  if (!direct) return ''
  const rows = measured.map(each => {
    const base = each === direct ? undefined : direct.outcome
    const { outcome, cpuMs, peakKb } = each
    const errors = Object.entries(outcome.errors).map(([error, count]) => `${count} × ${error}`)
    return [
      each.contender,
      Math.round(outcome.perSecond).toLocaleString('en'),
      timesOf(outcome.first, base?.first),
      timesOf(outcome.total, base?.total),
      base ? ms(sumOf(cpuMs)) : '',
      base ? ms(Object.values(cpuMs)[0] ?? 0) : '',
      base ? `${Math.round(Math.max(...Object.values(peakKb)) / 1024)} MiB` : '',
      errors.join(', ') || 'none',
    ]
  })
  const others = measured.filter(({ cpuMs }) => Object.keys(cpuMs).length > 1)
  return [
    `### ${title}`,
    '',
    '| | requests/s | first token p50 / p95 / p99 | total p50 / p95 / p99 | CPU a request, all | gateway alone | largest process | errors |',
    '|---|---:|---:|---:|---:|---:|---:|---|',
    ...rows.map(row => `| ${row.join(' | ')} |`),
    ...others.flatMap(({ contender, cpuMs, peakKb }) => [
      '',
      `${contender}, by process (CPU a request, peak memory): ${byProcess(cpuMs, peakKb)}`,
    ]),
  ].join('\n')
}

function byProcess(cpuMs: Record<string, number>, peakKb: Record<string, number>): string {
  return Object.entries(cpuMs)
    .map(([name, value]) => `${name} ${ms(value)}, ${Math.round((peakKb[name] ?? 0) / 1024)} MiB`)
    .join('; ')
}

function timesOf(times: Times, base?: Times): string {
  const names = ['p50Ms', 'p95Ms', 'p99Ms'] as const
  const values = names.map(name => times[name] - (base?.[name] ?? 0))
  return `${values.map(value => (base && value >= 0 ? '+' : '') + value.toFixed(1)).join(' / ')} ms`
}

const sumOf = (values: Record<string, number>) => Object.values(values).reduce((sum, each) => sum + each, 0)
const ms = (value: number) => `${value.toFixed(3)} ms`
