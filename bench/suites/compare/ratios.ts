import { gatewayCpuMs, type Measurement, type Results, wholeCpuMs } from './measurement.ts'

/** What Lectern costs of the processor, to what each other costs. */
export function ratiosOf(results: Results): string {
  const compared = Object.entries(results).flatMap(([scenario, measured]) => {
    const lectern = measured.find(({ contender }) => contender === 'Lectern')
    const others = measured.filter(({ contender }) => contender !== 'Lectern' && contender !== 'direct')
    return lectern && scenario !== 'streams' && others.length > 0 ? [{ scenario, lectern, others }] : []
  })
  const names = [...new Set(compared.flatMap(({ others }) => others.map(({ contender }) => contender)))]
  if (names.length === 0) return ''
  const cell = (lectern: Measurement, other: Measurement | undefined) =>
    other ? `${ratio(gatewayCpuMs, lectern, other)} / ${ratio(wholeCpuMs, lectern, other)}` : ''
  return [
    "### Lectern's processor time to that of the others",
    '',
    'The gateway alone / the whole system.',
    '',
    `| | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---:|').join('')}`,
    ...compared.map(({ scenario, lectern, others }) => {
      const cells = names.map(name =>
        cell(
          lectern,
          others.find(({ contender }) => contender === name),
        ),
      )
      return `| ${scenario} | ${cells.join(' | ')} |`
    }),
  ].join('\n')
}

const ratio = (of: (measurement: Measurement) => number, a: Measurement, b: Measurement) =>
  (of(a) / of(b)).toFixed(2)
