import { join } from 'node:path'
import { freePort } from '@lectern/local/ports.ts'
import { type RunningProcess, startProcess } from '@lectern/local/process.ts'
import { serviceProcess } from '@lectern/local/services.ts'
import type { Test } from '@lectern/shared/testing/servers.ts'
import type { System } from './system.ts'

/** One more process of a service beside the launched one, as an operator would add it. */
export interface Replica {
  /** Of a gateway: where students call it. */
  url: string
  /** Starts it again after it was killed, and waits until it is ready. */
  start(): Promise<void>
  /** Ends it with -9. */
  kill(): Promise<void>
}

/** Starts a replica and waits until it is ready. Its log (`<service>-2.log`) stands beside those of the launched ones. */
export async function startReplica(t: Test, system: System, service: 'gateway' | 'quota'): Promise<Replica> {
  const { demo, home: path, providersFile, env } = system
  const [port, opsPort] = [await freePort(), await freePort()]
  const home = {
    path,
    log: (name: string) => join(path, 'logs', `${name}-2.log`),
    pidFile: (name: string) => join(path, 'run', `${name}-2.pid`),
    release: () => {},
  }
  const ownEnv = {
    ...process.env,
    ...env,
    NATS_URL: demo.natsUrl,
    DATABASE_URL: demo.databaseUrl,
    REDIS_URL: demo.redisUrl,
    PORT: String(port),
    LECTERN_PROVIDERS: providersFile,
    SPOOL_DIR: join(path, 'spool-2'),
  }
  let running: RunningProcess | undefined
  t.teardown(() => running?.stop())

  const start = async () => {
    running = await startProcess(serviceProcess(home, service, ownEnv, opsPort))
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    start,
    async kill() {
      if (!running) return
      process.kill(running.pid, 'SIGKILL')
      await running.exited
    },
  }
}
