import { setTimeout as sleep } from 'node:timers/promises'
import { ProcessDied, type ProcessSpec, type RunningProcess, spawnProcess, untilReady } from './process.ts'

export interface SupervisorOptions {
  say(line: string): void
  /** Called with the pid of every process after each start. */
  changed?(pids: Record<string, number>): void
  quickMs?: number
  backoffMs?: number
}

interface Member {
  spec: ProcessSpec
  running?: RunningProcess
}

const MOST_QUICK_DEATHS = 3
// A process that lived this long did start properly: its death is news, not the next one of a series.
const QUICK_MS = 10_000
// Doubled with each quick death.
const BACKOFF_MS = 250
// A person who pressed Ctrl-C begins to wonder.
const SLOW_STOP_MS = 2000

/** A process that dies as often as it is started. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp'

  constructor(name: string, deaths: number, { message }: ProcessDied) {
    super(`${name} died ${deaths} times in a row, so everything is stopped. The last time:\n${message}`)
  }
}

/** Keeps processes running in the order in which they were started, and stops them in reverse. */
export class Supervisor {
  /** Rejects when a process cannot be kept running. */
  readonly failed: Promise<never>
  #fail: (error: Error) => void
  #members: Member[] = []
  #stopping = new AbortController()
  #options: SupervisorOptions

  constructor(options: SupervisorOptions) {
    this.#options = options
    const { promise, reject } = Promise.withResolvers<never>()
    this.failed = promise
    this.#fail = reject
    // It is also thrown by start(), which is what a caller waits for at first.
    promise.catch(() => {})
  }

  /** Starts a process and waits until it is ready; from then on restarts it whenever it dies. */
  async start(spec: ProcessSpec): Promise<void> {
    const member: Member = { spec }
    this.#members.push(member)
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    this.#keepRunning(member, resolve).then(
      () => reject(new Error(`${spec.name} was stopped`)),
      error => {
        // Not running, so not a member: the same may be started again, on another port.
        this.#members = this.#members.filter(other => other !== member)
        reject(error)
        if (!error.portTaken) this.#fail(error)
      },
    )
    await ready
  }

  /** The pids of the processes that were started, by name. */
  pids(): Record<string, number> {
    return Object.fromEntries(
      this.#members.flatMap(({ spec, running }) => (running ? [[spec.name, running.pid]] : [])),
    )
  }

  /** Stops everything, the last started first; a process that does not stop in time is killed. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const { spec, running } of this.#members.toReversed()) {
      const slow = setTimeout(() => this.#options.say(`  waiting for ${spec.name} to finish`), SLOW_STOP_MS)
      await running?.stop()
      clearTimeout(slow)
    }
  }

  async #keepRunning(member: Member, firstReady: () => void): Promise<void> {
    const { say, quickMs = QUICK_MS, backoffMs = BACKOFF_MS } = this.#options
    const { name } = member.spec
    let quickDeaths = 0
    for (let starts = 1; !this.#stopping.signal.aborted; starts += 1) {
      const { death, lifeMs } = await this.#liveOnce(member, pid => {
        firstReady()
        if (starts > 1) say(`${name} runs again (pid ${pid})`)
      })
      if (this.#stopping.signal.aborted) return
      if (starts === 1 && death.portTaken) throw death
      quickDeaths = lifeMs < quickMs ? quickDeaths + 1 : 0
      if (quickDeaths === MOST_QUICK_DEATHS) throw new GaveUp(name, quickDeaths, death)
      const delayMs = backoffMs * 2 ** Math.max(quickDeaths - 1, 0)
      say(`${death.message}\n  starting ${name} again in ${delayMs / 1000} s`)
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
    }
  }

  /** One life of a process, from its start to its death. One that never became ready has lived no time at all. */
  async #liveOnce(
    member: Member,
    ready: (pid: number) => void,
  ): Promise<{ death: ProcessDied; lifeMs: number }> {
    let readyAt: number | undefined
    try {
      const running = spawnProcess(member.spec)
      member.running = running
      this.#options.changed?.(this.pids())
      await untilReady(member.spec, running)
      readyAt = performance.now()
      ready(running.pid)
      const ending = await running.exited
      throw new ProcessDied(member.spec.name, ending, await running.lastLines())
    } catch (death) {
      if (!(death instanceof ProcessDied)) throw death
      return { death, lifeMs: readyAt === undefined ? 0 : performance.now() - readyAt }
    }
  }
}
