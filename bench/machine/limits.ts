import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const WANTED = 65_536

/** Lets a process have many files and connections open, where we may; answers how many it may have. */
export function raiseOpenFiles(pid: number): number {
  try {
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${WANTED}:${WANTED}`], { stdio: 'ignore' })
  } catch {
    // Not root: the limits stay as they are.
  }
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? []
  return Number(soft)
}
