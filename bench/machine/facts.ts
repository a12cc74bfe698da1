import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { besideInitdb, findServer } from '@lectern/local/binaries.ts'

/** Date, commit, hardware and versions, in one line. */
export function facts(): string {
  const initdb = findServer('postgres')
  const [cpu] = cpus()
  return [
    `${new Date().toISOString().slice(0, 10)}, commit ${commit()}`,
    `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.version}`,
    version(findServer('redis'), '--version')?.split(' sha=')[0],
    version(initdb && besideInitdb(initdb, 'postgres'), '--version'),
    version(findServer('nats'), '--version'),
  ].join('; ')
}

function version(program: string | undefined, flag: string): string | undefined {
  return program ? execFileSync(program, [flag], { encoding: 'utf8' }).trim().split('\n')[0] : 'unknown'
}

/** A copy without its history has none. */
function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return 'unknown'
  }
}
