import type { Measured } from '../../machine/meter.ts'
import type { System } from './scale.ts'

/** The two systems side by side, and their ratio. */
export function comparison(small: System, large: System): string {
  const names = Object.keys(small.measured)
  const rows = names.flatMap(name => {
    const [a, b] = [small.measured[name], large.measured[name]]
    return a && b ? linesOf(name, a, b) : []
  })
  return [
    `| | ${count(small.students)} students | ${count(large.students)} students | ratio |`,
    '|---|---:|---:|---:|',
    `| entries of the ledger | ${count(small.entries)} | ${count(large.entries)} | ${count(large.entries / small.entries)} |`,
    `| database | ${megabytes(small)} | ${megabytes(large)} | |`,
    ...rows,
    row('rows that Postgres reads for a cold reserve', small.rowsRead, large.rowsRead, ''),
    '',
  ].join('\n')
}

function linesOf(name: string, small: Measured, large: Measured): string[] {
  const title = `${name} (${count(small.requests)})`
  return [
    row(`**${title}**: p50`, small.p50Ms, large.p50Ms),
    row('p99', small.p99Ms, large.p99Ms),
    ...Object.keys(small.cpuMs).map(process =>
      row(`CPU of ${process}`, small.cpuMs[process] ?? 0, large.cpuMs[process] ?? 0),
    ),
  ]
}

function row(title: string, small: number, large: number, unit = ' ms'): string {
  const ratio = small > 0 ? (large / small).toFixed(2) : ''
  return `| ${title} | ${small.toFixed(2)}${unit} | ${large.toFixed(2)}${unit} | ${ratio} |`
}

const count = (value: number) => value.toLocaleString('en')
const megabytes = ({ databaseBytes }: System) => `${count(Math.round(databaseBytes / 2 ** 20))} MiB`
