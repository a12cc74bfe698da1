import { readdirSync, readFileSync } from 'node:fs'

/** Latency of one kind of request, and what each of the processes worked for it. */
export interface Measured {
  requests: number
  p50Ms: number
  p99Ms: number
  /** Milliseconds of processor time for one request, by process. */
  cpuMs: Record<string, number>
}

// USER_HZ, which is 100 wherever Node runs.
const TICK_MS = 10

/** Processor time of a process and its children, in milliseconds since they were started. */
function cpuTimeMs(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + ticksOf(each) * TICK_MS, 0)
}

/** Those of children that have ended are in the parent's last two numbers. */
function ticksOf(pid: number): number {
  const fields = statOf(pid)
  return [11, 12, 13, 14].reduce((sum, place) => sum + Number(fields[place] ?? 0), 0)
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => Number(statOf(pid)[1]) === parent)
}

/** From the state on: the name before it may contain spaces. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

export interface Meter {
  /** Runs all tasks, some at a time; `settled` is waited for before the processor time is read. */
  run(tasks: readonly (() => Promise<unknown>)[], settled?: () => Promise<void>): Promise<void>
  result(): Measured
}

// More at a time would measure the waiting for each other.
const PARALLEL = 4

/** Adds up what several runs took, so that two systems can take turns on a machine that others use as well. */
export function createMeter(pids: Record<string, number>): Meter {
  const latencies: number[] = []
  const cpuMs: Record<string, number> = {}

  const timed = async (task: () => Promise<unknown>) => {
    const began = performance.now()
    await task()
    latencies.push(performance.now() - began)
  }
  const at = (sorted: number[], part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0

  return {
    async run(tasks, settled) {
      const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, cpuMs: cpuTimeMs(pid) }))
      const waiting = tasks[Symbol.iterator]()
      const worker = async () => {
        for (const task of waiting) await timed(task)
      }
      await Promise.all(Array.from({ length: PARALLEL }, worker))
      await settled?.()
      for (const { name, pid, cpuMs: then } of before)
        cpuMs[name] = (cpuMs[name] ?? 0) + cpuTimeMs(pid) - then
    },
    result() {
      const sorted = latencies.toSorted((a, b) => a - b)
      const each = Object.entries(cpuMs).map(([name, total]) => [name, total / sorted.length] as const)
      return {
        requests: sorted.length,
        p50Ms: at(sorted, 0.5),
        p99Ms: at(sorted, 0.99),
        cpuMs: Object.fromEntries(each),
      }
    },
  }
}
