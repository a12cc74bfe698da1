import { memoriesKb } from '../machine/processes.ts'
import { optionOf } from '../options.ts'
import type { Benchmark } from '../registry.ts'
import { planOf } from './compare/measurement.ts'
import { SCENARIOS, type Scenario } from './compare/scenarios.ts'
import { startStage } from './compare/stage.ts'

const MINUTES = 10
/** Caches, pools and compiled code are filled before memory is looked at. */
const WARM_UP_PART = 0.2
const SECONDS = 5
/** Of each kind: a steady load, well below what a core can do. */
const LOADS: Record<string, Scenario['load']> = {
  short: { ratePerSecond: 60 },
  burst: { ratePerSecond: 40 },
  paced: { users: 40, rampMs: 600 },
  prompts: { ratePerSecond: 5 },
}

interface Sample {
  minute: number
  kb: Record<string, number>
}

/** Whether memory grows while requests of all kinds come, one kind after the other. `--minutes=10`. */
export const soak: Benchmark = async (args, say) => {
  const minutes = Number(optionOf(args, 'minutes') ?? MINUTES)
  if (!(minutes > 0)) throw new Error('minutes must be a number above 0')
  await using closing = new AsyncDisposableStack()
  const { lectern, generator } = await startStage(closing, say)
  const mix = SCENARIOS.filter(({ name }) => LOADS[name]).map(scenario => ({
    ...scenario,
    load: LOADS[scenario.name] ?? {},
  }))
  const samples: Sample[] = []
  const failed: Record<string, number> = {}
  let requests = 0
  const began = performance.now()
  const minute = () => (performance.now() - began) / 60_000
  while (minute() < minutes) {
    for (const scenario of mix) {
      const { turnRequests, errors } = await generator.run(planOf(lectern, scenario, SECONDS))
      requests += turnRequests
      failed[scenario.name] = Object.values(errors).reduce((sum, count) => sum + count, 0)
    }
    await lectern.settled?.()
    samples.push({ minute: minute(), kb: memoriesKb(lectern.pids) })
    say(`${minute().toFixed(1)} of ${minutes} minutes, ${requests} requests`)
  }
  const failures = Object.values(failed).reduce((sum, count) => sum + count, 0)
  return [
    `${requests.toLocaleString('en')} requests in ${minutes} minutes, ${failures} failed. Memory was looked at after each round of ${mix.length * SECONDS} s; the first ${WARM_UP_PART * 100} % of the time warm up. The slope is that of a line through the rest.`,
    '',
    '| | first | last | slope | of its last half |',
    '|---|---:|---:|---:|---:|',
    ...Object.keys(lectern.pids).map(name =>
      row(
        name,
        samples.filter(each => each.minute > minutes * WARM_UP_PART),
      ),
    ),
    '',
  ].join('\n')
}

function row(name: string, samples: Sample[]): string {
  const points = samples.map(({ minute, kb }) => ({ x: minute, y: kb[name] ?? 0 }))
  const mib = (at: number) => `${((points.at(at)?.y ?? Number.NaN) / 1024).toFixed(0)} MiB`
  const slope = (of: typeof points) => `${slopeOf(of).toFixed(0)} kB/min`
  const half = points.slice(Math.floor(points.length / 2))
  return `| ${name} | ${mib(0)} | ${mib(-1)} | ${slope(points)} | ${slope(half)} |`
}

/** Of the line that lies nearest to all points. */
function slopeOf(points: { x: number; y: number }[]): number {
  const mean = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean(point => point.x), mean(point => point.y)]
  return mean(point => (point.x - x) * (point.y - y)) / mean(point => (point.x - x) ** 2)
}
