import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProcessSpec } from '../src/process.ts'

/** A small process for tests: a line of JavaScript; ready when the file `ready` is there, or else at once. */
export function scripted(folder: string, name: string, source: string, ready?: string): ProcessSpec {
  return {
    name,
    command: process.execPath,
    args: ['-e', source],
    cwd: folder,
    logFile: join(folder, `${name}.log`),
    pidFile: join(folder, `${name}.pid`),
    ready: () => (ready ? access(join(folder, ready)) : Promise.resolve()),
  }
}

export const RUNS_FOR_EVER = 'setInterval(() => {}, 1000)'

/** Whether a process runs; a dead one whose parent has not asked for its end yet does not. */
export { processIdentity as runs } from '../src/pid-file.ts'

/** Waits until something is so. */
export async function until(what: () => unknown, timeoutMs = 10_000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs
  while (!(await what())) {
    if (performance.now() > giveUpAt) throw new Error(`still not so after ${timeoutMs} ms: ${what}`)
    await new Promise(done => setTimeout(done, 10))
  }
}
