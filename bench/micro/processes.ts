import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Processes of a benchmark: services as they are deployed, the core that each may use, and the processor time that it took. */

// USER_HZ, which is 100 wherever Node runs.
const TICK_MS = 10

/** Starts a service in a process of its own, with nothing but this environment; it is stopped when `closing` is disposed. */
export function spawnService(name: string, env: NodeJS.ProcessEnv, closing: AsyncDisposableStack): number {
  const main = fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url))
  const telemetry = import.meta.resolve('@lectern/shared/telemetry.ts')
  const flags = process.env.BENCH_NODE_FLAGS?.split(' ') ?? []
  const child = spawn(process.execPath, [...flags, '--import', telemetry, main], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit')
  closing.defer(async () => {
    child.kill()
    await ended
  })
  return child.pid ?? 0
}

/** Whether processes can be kept to one core each. */
export const canPin = availableParallelism() > 1

/** Keeps a process, its threads and what it starts from now on to one core. */
export function pin(pid: number, core: number): void {
  if (!canPin) return
  for (const each of [pid, ...childrenOf(pid)])
    execFileSync('taskset', ['-a', '-c', '-p', String(core), String(each)], { stdio: 'ignore' })
}

/** Processor time of each process with its children, in milliseconds since it was started. */
export function cpuTimesMs<N extends string>(pids: Record<N, number>): Record<N, number> {
  const times = Object.entries<number>(pids).map(([name, pid]) => [
    name,
    [pid, ...childrenOf(pid)].reduce((sum, each) => sum + ticksOf(each), 0) * TICK_MS,
  ])
  return Object.fromEntries(times)
}

/** The most memory that a process has had, in MiB. */
export function peakMemoryMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024)
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => Number(statOf(pid)[1]) === parent)
}

/** Those of children that have ended are in the last two numbers. */
function ticksOf(pid: number): number {
  const fields = statOf(pid)
  return [11, 12, 13, 14].reduce((sum, place) => sum + Number(fields[place] ?? 0), 0)
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
