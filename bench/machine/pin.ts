import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { findProgram } from '@lectern/local/binaries.ts'
import { familyOf } from './processes.ts'

/** Two parts of the machine, one core for what is measured and all others for what loads and answers it; or the whole of it. */
export type Side = 'measured' | 'load' | 'all'

const last = availableParallelism() - 1
const taskset = last > 0 ? findProgram('taskset') : undefined
const CORES: Record<Side, string> = { measured: '0', load: `1-${last}`, all: `0-${last}` }

/** One sentence for the results: who has a core for itself. */
export function pinning(measured: string, others: string): string {
  return taskset
    ? `${measured} core 0; ${others} share core${last === 1 ? ' 1' : `s ${CORES.load}`}.`
    : 'No process is bound to a core: there is one only, or no taskset.'
}

/** Binds a process, its threads and children to a side; what they start later inherits it. */
export function pin(pid: number, side: Side): void {
  if (!taskset) return
  for (const each of familyOf(pid))
    execFileSync(taskset, ['-a', '-c', '-p', CORES[side], String(each)], { stdio: 'ignore' })
}
