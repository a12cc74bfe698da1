import { setTimeout as delay } from 'node:timers/promises'
import type { Contender } from '../../contenders/contender.ts'
import type { Generator } from '../../load/generator.ts'
import type { Outcome, Plan } from '../../load/plan.ts'
import { cpuTimesMs, memoriesKb, sharesMs } from '../../machine/processes.ts'
import { bodyOf, type Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'

/** One scenario at one contender, all turns added up. */
export interface Measurement {
  contender: string
  outcome: Outcome
  /** Milliseconds of processor time for one request, by process. */
  cpuMs: Record<string, number>
  /** The most that each process had, in kB. */
  peakKb: Record<string, number>
  /** How many cores other programs of the machine used meanwhile. */
  neighbourCores: number
}

/** By scenario, in the order of the contenders. */
export type Results = Record<string, Measurement[]>

/** Milliseconds for one request of all processes together. */
export const wholeCpuMs = ({ cpuMs }: Measurement) =>
  Object.values(cpuMs).reduce((sum, each) => sum + each, 0)

/** ... of its gateways alone. */
export const gatewayCpuMs = ({ cpuMs }: Measurement) =>
  Object.entries(cpuMs).reduce((sum, [name, each]) => sum + (name.startsWith('gateway') ? each : 0), 0)

export interface Pair {
  contender: Contender
  scenario: Scenario
}

const SAMPLE_MS = 500
/** In the first thousands of requests Node still compiles. */
const WARM_UP_REQUESTS = 3000
const WARM_UP_SECONDS = 6
const WARM_UP_ROUNDS = 2
const RUN_IN_SECONDS = 20
const SETTLE_MS = 100

/** Before the first scenario: a process that has just been started costs more for longer than a warm-up. */
export async function runIn(
  contenders: Contender[],
  scenario: Scenario,
  { generator, place }: Pick<Stage, 'generator' | 'place'>,
): Promise<void> {
  for (const contender of contenders) {
    place.say(`running in: ${contender.name}`)
    await generator.run(planOf(contender, scenario, RUN_IN_SECONDS, true))
  }
}

/** One turn here, one there: what else the machine does meets all. */
export async function takeTurns(
  pairs: Pair[],
  turns: number,
  { generator, mockPid, place }: Pick<Stage, 'generator' | 'mockPid' | 'place'>,
): Promise<Measurement[]> {
  const all = pairs.map(({ contender, scenario }) => new Measuring(contender, scenario, generator))
  const [name] = pairs.map(({ scenario }) => scenario.name)
  for (const measuring of all) await measuring.warmUp()
  const pids = pairs.flatMap(({ contender }) => Object.values(contender.pids))
  const neighbours = watchNeighbours([process.pid, generator.pid, mockPid, ...pids])
  for (let turn = 1; turn <= turns; turn += 1) {
    place.say(`${name}, turn ${turn} of ${turns}`)
    for (const measuring of all) await measuring.turn()
  }
  const neighbourCores = neighbours()
  return all.map(measuring => ({ ...measuring.result(), neighbourCores }))
}

/** Answers, when it is asked, how many cores all programs but these have used since. */
function watchNeighbours(pids: number[]): () => number {
  const [began, before] = [performance.now(), sharesMs(pids)]
  return () => {
    const after = sharesMs(pids)
    const othersMs = after.machine - before.machine - (after.ours - before.ours)
    return Math.max(0, othersMs / (performance.now() - began))
  }
}

/** Adds up the turns of one contender in one scenario. */
class Measuring {
  readonly #contender: Contender
  readonly #scenario: Scenario
  readonly #generator: Generator
  readonly #cpuMs: Record<string, number> = {}
  readonly #peakKb: Record<string, number> = {}
  #outcome: Outcome | undefined

  constructor(contender: Contender, scenario: Scenario, generator: Generator) {
    this.#contender = contender
    this.#scenario = scenario
    this.#generator = generator
  }

  async warmUp(): Promise<void> {
    // For less than that nobody looks at the figures.
    if (this.#scenario.seconds < 1) return
    let requests = 0
    for (let round = 0; round < WARM_UP_ROUNDS && requests < WARM_UP_REQUESTS; round += 1)
      requests += (await this.#run(WARM_UP_SECONDS, true)).requests
  }

  async turn(): Promise<void> {
    const { pids } = this.#contender
    const before = cpuTimesMs(pids)
    const sampling = setInterval(() => this.#sample(), SAMPLE_MS)
    this.#outcome = await this.#run(this.#scenario.seconds, false)
    clearInterval(sampling)
    this.#sample()
    for (const [name, now] of Object.entries(cpuTimesMs(pids)))
      this.#cpuMs[name] = (this.#cpuMs[name] ?? 0) + now - (before[name] ?? 0)
  }

  result(): Omit<Measurement, 'neighbourCores'> {
    if (!this.#outcome) throw new Error('no turn was taken')
    const { requests } = this.#outcome
    const each = Object.entries(this.#cpuMs).map(([name, total]) => [name, total / requests])
    return {
      contender: this.#contender.name,
      outcome: this.#outcome,
      cpuMs: Object.fromEntries(each),
      peakKb: this.#peakKb,
    }
  }

  async #run(seconds: number, warmUp: boolean): Promise<Outcome> {
    const outcome = await this.#generator.run(planOf(this.#contender, this.#scenario, seconds, warmUp))
    await this.#contender.settled?.()
    await delay(SETTLE_MS)
    return outcome
  }

  #sample(): void {
    for (const [name, kb] of Object.entries(memoriesKb(this.#contender.pids)))
      this.#peakKb[name] = Math.max(kb, this.#peakKb[name] ?? 0)
  }
}

export function planOf(
  { name, baseUrls, heads }: Contender,
  scenario: Scenario,
  seconds: number,
  warmUp = false,
): Plan {
  return {
    ...scenario.load,
    series: `${scenario.name} ${name}`,
    warmUp,
    // Everybody has been here once: a student who has not costs more.
    ...(warmUp && { rotate: true }),
    urls: baseUrls.map(url => `${url}/chat/completions`),
    heads,
    body: bodyOf(scenario),
    statuses: scenario.statuses ?? [200],
    seconds,
  }
}
