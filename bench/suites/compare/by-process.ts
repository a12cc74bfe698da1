import type { Measurement, Results } from './measurement.ts'

const PROCESSES = ['gateway', 'quota', 'prompts', 'logger', 'console', 'redis', 'nats', 'postgres']

/** Every process of Lectern in each scenario: processor time for one request, and the most memory that it had. */
export function byProcess(results: Results): string {
  const rows = Object.entries(results).flatMap(([scenario, measured]) =>
    measured.filter(({ cpuMs }) => 'quota' in cpuMs).map(each => ({ scenario, each })),
  )
  if (rows.length === 0) return ''
  const title = (scenario: string, { contender }: Measurement) =>
    contender.startsWith('Lectern') ? scenario : `${scenario}: ${contender}`
  const table = (cell: (each: Measurement, process: string) => string) =>
    [
      `| | ${PROCESSES.join(' | ')} |`,
      `|---|${PROCESSES.map(() => '---:|').join('')}`,
      ...rows.map(
        ({ scenario, each }) =>
          `| ${title(scenario, each)} | ${PROCESSES.map(process => cell(each, process)).join(' | ')} |`,
      ),
    ].join('\n')
  return [
    '### Lectern by process',
    'Milliseconds of processor time for one request (two gateways together):',
    table(({ cpuMs }, process) => sumOf(cpuMs, process).toFixed(3)),
    'The most memory, in MiB:',
    table(({ peakKb }, process) => Math.round(sumOf(peakKb, process) / 1024).toString()),
  ].join('\n\n')
}

/** Of a process and its like: `gateway`, `gateway 2`. */
function sumOf(values: Record<string, number>, process: string): number {
  return Object.entries(values).reduce(
    (sum, [name, value]) => sum + (name.startsWith(process) ? value : 0),
    0,
  )
}
