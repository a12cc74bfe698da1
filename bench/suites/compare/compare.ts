import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, Place } from '../../contenders/contender.ts'
import { startLectern } from '../../contenders/lectern.ts'
import { startNginx } from '../../contenders/nginx.ts'
import { direct, startBare, startMock } from '../../contenders/others.ts'
import { startPortkey } from '../../contenders/portkey.ts'
import { type Generator, startGenerator } from '../../load/generator.ts'
import { PINNING, pin } from '../../machine/pin.ts'
import { type Measurement, Measuring } from './measurement.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { tableOf } from './table.ts'

const TURNS = 3
/** All but Lectern may be missing on a machine: then the others are compared. */
const CONTENDERS: Record<string, (place: Place) => Promise<Contender>> = {
  nginx: startNginx,
  bare: startBare,
  portkey: startPortkey,
  lectern: startLectern,
}

/** Lectern beside what a user could take instead: the same scenarios, in turns. */
export async function compare(args: string[], say: (line: string) => void): Promise<string> {
  await using closing = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'lectern-bench-'))
  closing.defer(() => rm(dir, { recursive: true, force: true }))
  const mock = await startMock({ dir, closing })
  const generator = startGenerator(closing)
  pin(generator.pid, 'load')
  const place = { mockUrl: mock.url, dir, closing, say }
  const contenders = [direct(mock.url, mock.pid)]
  const wanted = list(args, 'with')
  const missing: string[] = []
  for (const [name, start] of Object.entries(CONTENDERS)) {
    if (!(wanted?.includes(name) ?? true)) continue
    try {
      contenders.push(await start(place))
    } catch (error) {
      if (name === 'lectern') throw error
      missing.push(`${name} is missing: ${(error as Error).message}`)
      say(missing.at(-1) ?? '')
    }
  }
  const turns = Number(list(args, 'turns')?.[0] ?? TURNS)
  const sections: string[] = [PINNING, ...missing]
  for (const scenario of SCENARIOS) {
    if (!(list(args, 'only')?.includes(scenario.name) ?? true)) continue
    const measured = await takeTurns(scenario, contenders, turns, generator, say)
    sections.push(tableOf(scenario.title, measured))
    say(`\n${sections.at(-1)}`)
  }
  return `${sections.join('\n\n')}\n`
}

/** `--only=short,burst`: these scenarios; `--with=lectern,bare`: these contenders beside the provider; `--turns=1`. */
function list(args: string[], option: string): string[] | undefined {
  const given = args.find(arg => arg.startsWith(`--${option}=`))
  return given?.slice(option.length + 3).split(',')
}

async function takeTurns(
  scenario: Scenario,
  contenders: Contender[],
  turns: number,
  generator: Generator,
  say: (line: string) => void,
): Promise<Measurement[]> {
  const all = contenders.map(contender => new Measuring(contender, scenario, generator))
  for (const measuring of all) await measuring.warmUp()
  for (let turn = 1; turn <= turns; turn += 1) {
    say(`${scenario.name}, turn ${turn} of ${turns}`)
    for (const measuring of all) await measuring.turn()
  }
  return all.map(measuring => measuring.result())
}
