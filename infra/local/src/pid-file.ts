import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const STOP_DEADLINE_MS = 10_000

/**
 * What tells this process from a later one with the same pid: the moment of its start. Nothing when it does not run.
 */
export function processIdentity(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    try {
      // The name (2nd field) may hold blanks and brackets: count the fields from its end. 22nd: start, in ticks since boot.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
      if (fields[0] === 'Z') return undefined
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
    } catch {
      return undefined
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout?.trim() || undefined
}

/** Remembers a running process, so that a later run can find it should this one be killed. */
export function writePidFile(path: string, pid: number): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify({ pid, identity: processIdentity(pid) }))
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true })
}

/** The pid in the file, if exactly that process still runs. */
export function readPidFile(path: string): number | undefined {
  try {
    const { pid, identity } = JSON.parse(readFileSync(path, 'utf8'))
    return identity !== undefined && processIdentity(pid) === identity ? pid : undefined
  } catch {
    return undefined
  }
}

/** Stops the process that an earlier, killed run has left behind; says whether there was one. */
export async function stopLeftover(path: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
  const pid = readPidFile(path)
  if (pid === undefined) {
    removePidFile(path)
    return false
  }
  process.kill(pid, signal)
  const killAt = performance.now() + STOP_DEADLINE_MS
  let killed = false
  while (readPidFile(path) !== undefined) {
    if (!killed && performance.now() > killAt) {
      process.kill(pid, 'SIGKILL')
      killed = true
    }
    await sleep(20)
  }
  removePidFile(path)
  return true
}
