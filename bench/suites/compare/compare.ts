import { loadavg } from 'node:os'
import type { Contender } from '../../contenders/contender.ts'
import { startBefore } from '../../contenders/lectern.ts'
import { pinning } from '../../machine/pin.ts'
import { listOf, optionOf } from '../../options.ts'
import { byProcess } from './by-process.ts'
import { measureCrowd } from './crowd.ts'
import { type Results, runIn, takeTurns } from './measurement.ts'
import { measureOpenStreams } from './open-streams.ts'
import { ratiosOf } from './ratios.ts'
import { measureRefusals } from './refusals.ts'
import { burst, SCENARIOS, type Scenario } from './scenarios.ts'
import { type Stage, startOthers, startStage } from './stage.ts'
import { tableOf } from './table.ts'
import { targetsOf } from './targets.ts'

const TURNS = 3
const PINNING = pinning("The gateway's process has", 'mock, load and all other processes')
/** For a look whether all works. */
const QUICK_SECONDS = 0.3
const QUICK_STUDENTS = 20

/** What a run does: by default all. */
interface Choice {
  scenarios: string[] | undefined
  contenders: string[] | undefined
  against: string | undefined
  turns: number
  quick: boolean
}

/**
 * Lectern beside what a user could take instead: the same scenarios, in turns.
 * `--only=short,crowd`: these scenarios; `--with=nginx,bare`: these contenders; `--against=../before`: Lectern of another
 * folder as well; `--turns=1`; `--quick`: for a look only.
 */
export async function compare(args: string[], say: (line: string) => void): Promise<string> {
  const choice = choiceOf(args)
  const loadBefore = loadavg()[0] ?? 0
  await using closing = new AsyncDisposableStack()
  const stage = await startStage(closing, say, choice.quick ? QUICK_STUDENTS : undefined)
  const { others, missing } = await startOthers(stage, choice.contenders)
  if (choice.against) others.push(await startBefore(stage.place, choice.against))
  if (!choice.quick) await runIn([...others, stage.lectern], burst, stage)
  const results: Results = {}
  const sections: string[] = []
  for (const [name, measure] of measures(stage, others, choice)) {
    if (choice.scenarios && !choice.scenarios.includes(name)) continue
    sections.push(await measure(results))
    say(`${name}\n\n${sections.at(-1)}\n`)
  }
  const load = `Load average of the machine before the start: ${loadBefore.toFixed(1)}.`
  const tables = [targetsOf(results), ratiosOf(results), byProcess(results), ...sections]
  const all = [`${PINNING} ${load}`, ...missing, ...tables].filter(section => section !== '')
  return `${all.join('\n\n')}\n`
}

function choiceOf(args: string[]): Choice {
  return {
    scenarios: listOf(args, 'only'),
    contenders: listOf(args, 'with'),
    against: optionOf(args, 'against'),
    turns: Number(optionOf(args, 'turns') ?? TURNS),
    quick: args.includes('--quick'),
  }
}

type Measure = (results: Results) => Promise<string>

/** Every scenario by name; each writes its figures into the results and answers its section. */
function measures(stage: Stage, others: Contender[], { turns, quick }: Choice): [string, Measure][] {
  const fit = (scenario: Scenario) => (quick ? { ...scenario, seconds: QUICK_SECONDS } : scenario)
  const contenders = [stage.direct, ...others, stage.lectern]
  return [
    ...SCENARIOS.map((scenario): [string, Measure] => [
      scenario.name,
      async results => {
        const pairs = contenders.map(contender => ({ contender, scenario: fit(scenario) }))
        results[scenario.name] = await takeTurns(pairs, turns, stage)
        return tableOf(scenario.title, results[scenario.name] ?? [])
      },
    ]),
    ['refusals', results => measureRefusals(stage, fit, turns, results)],
    ['crowd', results => measureCrowd(stage, fit, turns, results)],
    ['streams', results => measureOpenStreams(stage, quick, results)],
  ]
}
