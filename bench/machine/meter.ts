import { cpuTimesMs } from './processes.ts'

/** Latency of one kind of request, and what each of the processes worked for it. */
export interface Measured {
  requests: number
  p50Ms: number
  p99Ms: number
  /** Milliseconds of processor time for one request, by process. */
  cpuMs: Record<string, number>
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
      const before = cpuTimesMs(pids)
      const waiting = tasks[Symbol.iterator]()
      const worker = async () => {
        for (const task of waiting) await timed(task)
      }
      await Promise.all(Array.from({ length: PARALLEL }, worker))
      await settled?.()
      for (const [name, now] of Object.entries(cpuTimesMs(pids)))
        cpuMs[name] = (cpuMs[name] ?? 0) + now - (before[name] ?? 0)
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
