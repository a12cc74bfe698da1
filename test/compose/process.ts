import { docker } from './engine.ts'
import type { Container } from './installation.ts'

/** The process of a service, seen from inside of its container: the only child of the first one there. */

/** As a crash is: the process ends at once (it is the only child of the container's first), and its container by itself. */
export async function killInside(container: Container | undefined): Promise<void> {
  await docker('exec', container?.Id ?? '', 'sh', '-c', 'kill -9 $(cat /proc/1/task/1/children)')
}

/** Processor time that the service in a container has used so far. */
export async function cpuMsInside(container: Container | undefined): Promise<number> {
  const script = 'cat /proc/$(cat /proc/1/task/1/children | tr -d " ")/stat'
  const stat = await docker('exec', container?.Id ?? '', 'sh', '-c', script)
  // The 14th and the 15th field of proc(5), in hundredths of a second; the second one, a name, may have spaces.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) * 10
}

/** Whether a container is healthy; one without a check, whether it runs. */
export function isHealthy({ State }: Container): boolean {
  return State.Health ? State.Health.Status === 'healthy' : State.Status === 'running'
}
