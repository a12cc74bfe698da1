import { join } from 'node:path'
import { freePort } from '@lectern/local/ports.ts'
import { type RunningProcess, startProcess } from '@lectern/local/process.ts'
import { loadSecrets } from '@lectern/local/secrets.ts'
import {
  type Addresses,
  type ServiceName,
  serviceEnvironment,
  serviceProcess,
} from '@lectern/local/services.ts'
import type { Test } from '@lectern/shared/testing/servers.ts'
import type { System } from './system.ts'

/** One more process of a service beside the launched one, as an operator would add it. */
export interface Replica {
  /** Of a gateway or a console: where it is called. */
  url: string
  /** Starts it again after it has ended, and waits until it is ready. */
  start(): Promise<void>
  /** Asks it to stop, waits until it has, and answers how it ended: `exit code 0` is as it should be. */
  stop(): Promise<string>
  /** Ends it with -9. */
  kill(): Promise<void>
}

/**
 * Starts a replica, with the rights that the launched process of the same service has, and waits until it is ready. Its log
 * (`<service>-2.log`) stands beside those of the launched ones.
 */
export async function startReplica(t: Test, system: System, service: ServiceName): Promise<Replica> {
  const { demo, home: path, providersFile, env } = system
  const [port, opsPort] = [await freePort(), await freePort()]
  const home = {
    path,
    log: (name: string) => join(path, 'logs', `${name}-2.log`),
    pidFile: (name: string) => join(path, 'run', `${name}-2.pid`),
    release: () => {},
  }
  const own = serviceEnvironment(service, await addressesOf(system), {
    gatewayPort: port,
    consolePort: port,
    adminToken: demo.adminToken,
    providersFile,
    providerKeys: {},
    spoolDir: join(path, 'spool-2'),
    ownKeysSecret: (await loadSecrets(path)).ownKeys,
  })
  let running: RunningProcess | undefined
  t.teardown(() => running?.stop())

  const start = async () => {
    running = await startProcess(serviceProcess(home, service, { ...process.env, ...env, ...own }, opsPort))
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    start,
    async stop() {
      await running?.stop()
      return running?.ending() ?? 'was not running'
    },
    async kill() {
      if (!running) return
      process.kill(running.pid, 'SIGKILL')
      await running.exited
    },
  }
}

/** What the launcher tells its services: where everything is, each with a name and a password of its own. */
async function addressesOf({ demo, home }: System): Promise<Addresses> {
  const secrets = await loadSecrets(home)
  const withUser = (url: string, user: string, password: string) =>
    Object.assign(new URL(url), { username: user, password }).href
  const database = (name: keyof typeof secrets.database) =>
    withUser(demo.databaseUrl, `lectern_${name}`, secrets.database[name])
  const nats = Object.entries(secrets.nats).map(([name, password]) => [
    name,
    withUser(demo.natsUrl, name, password),
  ])
  return {
    databaseUrl: { quota: database('quota'), prompts: database('prompts'), logger: database('logger') },
    redisUrl: demo.redisUrl,
    natsUrl: Object.fromEntries(nats),
  }
}
