import type { Times } from '../../load/plan.ts'
import { gatewayCpuMs, type Measurement, wholeCpuMs } from './measurement.ts'

const HEAD = [
  '| | requests/s | first token p50 / p95 / p99 | total p50 / p95 / p99 | CPU a request: all | gateway | peak memory: all | gateway | errors |',
  '|---|---:|---:|---:|---:|---:|---:|---:|---|',
]

/** One scenario, a row for each contender. Times are what it added to the provider's own, where that is among them. */
export function tableOf(title: string, measured: Measurement[]): string {
  const direct = measured.find(({ contender }) => contender === 'direct')
  const rows = measured.map(each => rowOf(each, each === direct ? undefined : direct))
  const others = `Other programs of the machine used ${(measured[0]?.neighbourCores ?? 0).toFixed(1)} cores meanwhile.`
  return [`### ${title}`, '', others, '', ...HEAD, ...rows].join('\n')
}

function rowOf(each: Measurement, direct: Measurement | undefined): string {
  const { contender, outcome, peakKb } = each
  const errors = Object.entries(outcome.errors).map(([error, count]) => `${count} × ${error}`)
  const isGateway = contender !== 'direct'
  const cells = [
    contender,
    Math.round(outcome.perSecond).toLocaleString('en'),
    timesOf(outcome.first, direct?.outcome.first),
    timesOf(outcome.total, direct?.outcome.total),
    isGateway ? ms(wholeCpuMs(each)) : '',
    isGateway ? ms(gatewayCpuMs(each)) : '',
    isGateway ? mib(Object.values(peakKb).reduce((sum, kb) => sum + kb, 0)) : '',
    isGateway ? mib(peakKb.gateway ?? 0) : '',
    errors.join(', ') || 'none',
  ]
  return `| ${cells.join(' | ')} |`
}

function timesOf(times: Times, base?: Times): string {
  const names = ['p50Ms', 'p95Ms', 'p99Ms'] as const
  const values = names.map(name => times[name] - (base?.[name] ?? 0))
  return `${values.map(value => (base && value >= 0 ? '+' : '') + value.toFixed(1)).join(' / ')} ms`
}

const ms = (value: number) => `${value.toFixed(3)} ms`
const mib = (kb: number) => `${Math.round(kb / 1024)} MiB`
