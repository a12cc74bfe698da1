import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel tells of processes. Those of Postgres and nginx have children, which count as theirs. */

// USER_HZ, which is 100 wherever Node runs.
const TICK_MS = 10

interface Process {
  parent: number
  ticks: number
}

/** Processor time of processes with their children, in milliseconds since they were started. */
export function cpuTimesMs(pids: Record<string, number>): Record<string, number> {
  const all = allProcesses()
  const entries = Object.entries(pids).map(([name, pid]) => {
    const ticks = family(all, pid).reduce((sum, each) => sum + (all.get(each)?.ticks ?? 0), 0)
    return [name, ticks * TICK_MS]
  })
  return Object.fromEntries(entries)
}

/** Processor time of the whole machine and of these processes with their children, in milliseconds. */
export function sharesMs(pids: number[]): { machine: number; ours: number } {
  const all = allProcesses()
  const ours = new Set(pids.flatMap(pid => family(all, pid)))
  const ticks = [...ours].reduce((sum, pid) => sum + (all.get(pid)?.ticks ?? 0), 0)
  // user, nice, system, then idle and iowait, then interrupts and what a hypervisor took.
  const [, user, nice, system, , , irq, softirq, steal] = read('/proc/stat').split(/\s+/).map(Number)
  const busy = [user, nice, system, irq, softirq, steal].reduce<number>((sum, each) => sum + (each ?? 0), 0)
  return { machine: busy * TICK_MS, ours: ticks * TICK_MS }
}

/** Memory of processes with their children, in kB: what a process shares with its children counts once. */
export function memoriesKb(pids: Record<string, number>): Record<string, number> {
  const all = allProcesses()
  const entries = Object.entries(pids).map(([name, pid]) => {
    const parts = family(all, pid).map(memoryOf)
    const anonymous = parts.reduce((sum, part) => sum + part.anonymous, 0)
    return [name, anonymous + Math.max(0, ...parts.map(part => part.shared))]
  })
  return Object.fromEntries(entries)
}

/** The most memory that a process has had, in kB. */
export function peakMemoryKb(pid: number): number {
  return kbOf(read(`/proc/${pid}/status`), 'VmHWM')
}

/** A process and its children. */
export function familyOf(pid: number): number[] {
  return family(allProcesses(), pid)
}

function family(all: Map<number, Process>, pid: number): number[] {
  return [pid, ...[...all].filter(([, { parent }]) => parent === pid).map(([child]) => child)]
}

function allProcesses(): Map<number, Process> {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return new Map(pids.map(pid => [Number(pid), processOf(pid)]))
}

/** From the state on, because the name before it may contain spaces. Ticks of children that have ended are the last two. */
function processOf(pid: string): Process {
  const text = read(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = [11, 12, 13, 14].reduce((sum, place) => sum + Number(fields[place] ?? 0), 0)
  return { parent: Number(fields[1]), ticks }
}

function memoryOf(pid: number): { anonymous: number; shared: number } {
  const status = read(`/proc/${pid}/status`)
  return { anonymous: kbOf(status, 'RssAnon'), shared: kbOf(status, 'RssFile') + kbOf(status, 'RssShmem') }
}

const kbOf = (status: string, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)

/** Nothing, where the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
