import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { findProgram } from '@lectern/local/binaries.ts'
import { familyOf } from './processes.ts'

/** Two parts of the machine: one core for the gateway that is measured, all others for what loads and answers it. */
export type Side = 'gateway' | 'load'

const taskset = availableParallelism() > 1 ? findProgram('taskset') : undefined
const OTHERS = `1-${availableParallelism() - 1}`

/** One sentence for the results. */
export const PINNING = taskset
  ? `The gateway's process has core 0 for itself; mock, load and all other processes share core${OTHERS === '1-1' ? ' 1' : `s ${OTHERS}`}.`
  : 'No process is bound to a core: there is one only, or no taskset.'

/** Binds a process, its threads and children to a side; what they start later inherits it. */
export function pin(pid: number, side: Side): void {
  if (!taskset) return
  for (const each of familyOf(pid))
    execFileSync(taskset, ['-a', '-c', '-p', side === 'gateway' ? '0' : OTHERS, String(each)], {
      stdio: 'ignore',
    })
}
