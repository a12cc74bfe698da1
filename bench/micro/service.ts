import { join } from 'node:path'
import { onFreePort } from '@lectern/local/ports.ts'
import { startProcess } from '@lectern/local/process.ts'
import { type ServiceName, serviceProcess } from '@lectern/local/services.ts'

interface Place {
  dir: string
  closing: AsyncDisposableStack
}

/** Starts a service in a process of its own, with nothing but this environment; answers its pid when it is ready. */
export async function startService(
  name: ServiceName,
  env: NodeJS.ProcessEnv,
  { dir, closing }: Place,
): Promise<number> {
  const home = {
    path: dir,
    log: () => join(dir, `${name}.log`),
    pidFile: () => join(dir, `${name}.pid`),
    release: () => undefined,
  }
  const own = { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...env }
  const running = await onFreePort(opsPort => startProcess(serviceProcess(home, name, own, opsPort)))
  closing.defer(() => running.stop())
  return running.pid
}
