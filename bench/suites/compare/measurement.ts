import { setTimeout as delay } from 'node:timers/promises'
import type { Contender } from '../../contenders/contender.ts'
import type { Generator } from '../../load/generator.ts'
import type { Outcome } from '../../load/plan.ts'
import { cpuTimesMs, memoriesKb } from '../../machine/processes.ts'
import { bodyOf, type Scenario } from './scenarios.ts'

/** One scenario at one contender, all turns added up. */
export interface Measurement {
  contender: string
  outcome: Outcome
  /** Milliseconds of processor time for one request, by process. */
  cpuMs: Record<string, number>
  /** The most that each process had, in kB. */
  peakKb: Record<string, number>
}

const SAMPLE_MS = 500
const WARM_UP_SECONDS = 5

/** Adds up the turns of one contender in one scenario. */
export class Measuring {
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
    await this.#run(Math.min(WARM_UP_SECONDS, this.#scenario.seconds), true)
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

  result(): Measurement {
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
    const { baseUrl, heads, name, settled } = this.#contender
    const outcome = await this.#generator.run({
      ...this.#scenario.load,
      series: `${this.#scenario.name} ${name}`,
      warmUp,
      url: `${baseUrl}/chat/completions`,
      heads,
      body: bodyOf(this.#scenario),
      statuses: [200],
      seconds,
    })
    await settled?.()
    await delay(100)
    return outcome
  }

  #sample(): void {
    for (const [name, kb] of Object.entries(memoriesKb(this.#contender.pids)))
      this.#peakKb[name] = Math.max(kb, this.#peakKb[name] ?? 0)
  }
}
