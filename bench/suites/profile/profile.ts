import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PROJECT } from '@lectern/local/services.ts'
import { optionOf } from '../../options.ts'
import { planOf } from '../compare/measurement.ts'
import { SCENARIOS } from '../compare/scenarios.ts'
import { startStage } from '../compare/stage.ts'
import { callsOf, hottest } from './calls.ts'
import { flameGraph } from './flame-graph.ts'
import { profileWhile } from './inspector.ts'

const SERVICES = ['gateway', 'quota', 'prompts', 'logger', 'console']
const WARM_UP_SECONDS = 8
const SECONDS = 10
const SHOWN = 25

/** `npm run bench:profile [-- service] [--scenario=burst] [--seconds=10]`: where the time of a service goes. */
export async function profile(args: string[], say: (line: string) => void): Promise<string> {
  const service = args.find(arg => SERVICES.includes(arg)) ?? 'gateway'
  const scenario = SCENARIOS.find(({ name }) => name === (optionOf(args, 'scenario') ?? 'paced'))
  if (!scenario) throw new Error(`the scenarios are ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  const seconds = Number(optionOf(args, 'seconds') ?? SECONDS)
  await using closing = new AsyncDisposableStack()
  const { lectern, generator } = await startStage(closing, say)
  say(`warming up with ${scenario.name}`)
  await generator.run(planOf(lectern, scenario, Math.min(WARM_UP_SECONDS, seconds), true))
  say(`profiling ${service} for ${seconds} s`)
  let requests = 0
  const taken = await profileWhile(lectern.pids[service] ?? 0, async () => {
    requests = (await generator.run(planOf(lectern, scenario, seconds))).requests
    await lectern.settled?.()
  })
  const calls = callsOf(taken)
  const title = `${service}: ${scenario.title.toLowerCase()}, ${requests} requests`
  const path = await save(`profile-${service}-${scenario.name}`, {
    cpuprofile: JSON.stringify(taken),
    html: flameGraph(calls, title),
  })
  const rows = hottest(calls, SHOWN).map(
    ({ name, selfMs }) =>
      `| ${name} | ${((selfMs * 1000) / requests).toFixed(1)} | ${((selfMs / calls.totalMs) * 100).toFixed(1)} % |`,
  )
  return [
    `${title}: ${(calls.totalMs / requests).toFixed(3)} ms of JavaScript and its calls for each; the profiler's own cost is in it.`,
    `Flame graph: ${path}.html; profile for Chrome or an editor: ${path}.cpuprofile`,
    '',
    '| function | µs a request, itself | part |',
    '|---|---:|---:|',
    ...rows,
    '',
  ].join('\n')
}

/** Answers the path of the files, without their ends. */
async function save(name: string, files: Record<string, string>): Promise<string> {
  const folder = join(PROJECT, '.lectern', 'bench')
  await mkdir(folder, { recursive: true })
  for (const [end, content] of Object.entries(files)) await writeFile(join(folder, `${name}.${end}`), content)
  return join(folder, name)
}
