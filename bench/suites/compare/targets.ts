import { verdictOf } from '../../report/verdict.ts'
import { gatewayCpuMs, type Measurement, type Results, wholeCpuMs } from './measurement.ts'

/** What is to be reached, and how it is computed from the figures of a run. */
interface Target {
  title: string
  most: number
  unit?: string
  /** NaN, where the figures for it were not taken. */
  value(results: Results): number
}

const of = (results: Results, scenario: string, contender: string): Measurement | undefined =>
  results[scenario]?.find(({ contender: name }) => name.startsWith(contender))

/** What one figure of Lectern's is to another's. */
function ratio(
  scenario: string,
  mine: (measurement: Measurement) => number,
  other: string,
  theirs: (measurement: Measurement) => number,
): Target['value'] {
  return results => {
    const [a, b] = [of(results, scenario, 'Lectern'), of(results, scenario, other)]
    return a && b ? mine(a) / theirs(b) : Number.NaN
  }
}

/** What Lectern added to the provider's own time. */
function added(scenario: string, time: (measurement: Measurement) => number): Target['value'] {
  return results => {
    const [a, b] = [of(results, scenario, 'Lectern'), of(results, scenario, 'direct')]
    return a && b ? time(a) - time(b) : Number.NaN
  }
}

function ofAdmitted(contender: string): Target['value'] {
  return results => {
    const [a, b] = [of(results, 'refusals', contender), of(results, 'refusals', 'admitted')]
    return a && b ? wholeCpuMs(a) / wholeCpuMs(b) : Number.NaN
  }
}

function failures(scenario: string): Target['value'] {
  return results => {
    const measurement = of(results, scenario, 'Lectern')
    if (!measurement) return Number.NaN
    return Object.values(measurement.outcome.errors).reduce((sum, count) => sum + count, 0)
  }
}

const TARGETS: Target[] = [
  {
    title: 'CPU of the gateway alone, short, to Portkey',
    most: 0.4,
    value: ratio('short', gatewayCpuMs, 'Portkey', wholeCpuMs),
  },
  {
    title: 'CPU of the gateway alone, burst, to Portkey',
    most: 0.4,
    value: ratio('burst', gatewayCpuMs, 'Portkey', wholeCpuMs),
  },
  {
    title: 'CPU of the gateway alone, paced, to bare node:http',
    most: 1.1,
    value: ratio('paced', gatewayCpuMs, 'bare', wholeCpuMs),
  },
  {
    title: 'CPU of the whole system, short, to Portkey',
    most: 0.8,
    value: ratio('short', wholeCpuMs, 'Portkey', wholeCpuMs),
  },
  {
    title: 'CPU of the whole system, burst, to Portkey',
    most: 0.85,
    value: ratio('burst', wholeCpuMs, 'Portkey', wholeCpuMs),
  },
  {
    title: 'CPU of the whole system, paced, to Portkey',
    most: 0.85,
    value: ratio('paced', wholeCpuMs, 'Portkey', wholeCpuMs),
  },
  {
    title: 'Added first token, paced, p50',
    most: 3,
    unit: 'ms',
    value: added('paced', ({ outcome }) => outcome.first.p50Ms),
  },
  {
    title: 'Added first token, paced, p95',
    most: 15,
    unit: 'ms',
    value: added('paced', ({ outcome }) => outcome.first.p95Ms),
  },
  {
    title: 'Added p99 at 300 requests/s',
    most: 6,
    unit: 'ms',
    value: added('open', ({ outcome }) => outcome.total.p99Ms),
  },
  { title: 'Failed of 1,000 users, two gateways', most: 0, value: failures('crowd') },
  {
    title: 'p95 of their total, to direct',
    most: 1.05,
    value: ratio(
      'crowd',
      ({ outcome }) => outcome.total.p95Ms,
      'direct',
      ({ outcome }) => outcome.total.p95Ms,
    ),
  },
  {
    title: 'Memory of the gateway for an open stream',
    most: 25,
    unit: 'kB',
    value: ({ streams }) => {
      const [measured] = streams ?? []
      return measured ? (measured.peakKb.gateway ?? 0) / measured.outcome.open : Number.NaN
    },
  },
  { title: 'Failed of the open streams', most: 0, value: failures('streams') },
  {
    title: 'CPU of a refusal (budget empty), whole system, to an admitted request',
    most: 0.2,
    value: ofAdmitted('budget empty'),
  },
  {
    title: 'CPU of a bad key, whole system, to an admitted request',
    most: 0.2,
    value: ofAdmitted('bad keys'),
  },
]

/** Each target with what was measured. Those of the micro benchmarks stand in their sections. */
export function targetsOf(results: Results): string {
  const rows = TARGETS.map(({ title, most, unit = '', value }) => {
    const measured = value(results)
    const shown = Number.isNaN(measured) ? '' : `${round(measured)} ${unit}`.trim()
    return `| ${title} | ${shown} | ${`${most} ${unit}`.trim()} | ${verdictOf(measured, { most })} |`
  })
  return ['### Targets', '', '| | measured | at most | |', '|---|---:|---:|---|', ...rows].join('\n')
}

const round = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2))
