import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Home } from './home.ts'
import type { ProcessSpec } from './process.ts'

export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

const READY_TIMEOUT_MS = 1000
// Streams that run when Ctrl-C is pressed may finish, but nobody waits at a terminal for the half minute that they
// have in production.
const GRACE_MS = 10_000
// A service that its grace period did not suffice ends what is left, writes that down and exits by itself.
const LAST_STEPS_MS = 8000
// Meant for the launcher, or made by npm for its own script: a service gets what its table says.
const NOT_INHERITED =
  /^(npm_.*|PORT|HOST|.*DATABASE_URL|REDIS_URL|NATS_URL|ADMIN_TOKEN|OWN_KEYS_SECRET.*|CONSOLE_PORT|LECTERN_.*|NODE_OPTIONS)$/

/** Where the backing servers are, with the name and password of each service. */
export interface Addresses {
  databaseUrl: Record<'quota' | 'prompts' | 'logger', string>
  redisUrl: string
  natsUrl: Record<'ops' | ServiceName, string>
}

/** What only the processes that students and staff talk to need. */
export interface Edges {
  gatewayPort: number
  consolePort: number
  adminToken: string
  providersFile: string
  providerKeys: NodeJS.ProcessEnv
  spoolDir: string
  ownKeysSecret: string
}

export type ServiceName = 'gateway' | 'quota' | 'prompts' | 'logger' | 'console'

/** The table of the services: what each is told by its environment. */
export function serviceEnvironment(name: ServiceName, addresses: Addresses, edges: Edges): NodeJS.ProcessEnv {
  const { databaseUrl, redisUrl, natsUrl } = addresses
  const own: Record<ServiceName, NodeJS.ProcessEnv> = {
    quota: { DATABASE_URL: databaseUrl.quota, REDIS_URL: redisUrl },
    prompts: { DATABASE_URL: databaseUrl.prompts },
    logger: { DATABASE_URL: databaseUrl.logger },
    gateway: {
      PORT: String(edges.gatewayPort),
      LECTERN_PROVIDERS: edges.providersFile,
      SPOOL_DIR: edges.spoolDir,
      OWN_KEYS_SECRET: edges.ownKeysSecret,
      ...edges.providerKeys,
    },
    console: {
      PORT: String(edges.consolePort),
      ADMIN_TOKEN: edges.adminToken,
      CONSOLE_URL: `http://127.0.0.1:${edges.consolePort}`,
      GATEWAY_URL: `http://127.0.0.1:${edges.gatewayPort}`,
    },
  }
  return { NATS_URL: natsUrl[name], ...own[name] }
}

/** A service as a process: every service is started the same way and says on its own port when it is ready. */
export function serviceProcess(
  home: Home,
  name: ServiceName,
  env: NodeJS.ProcessEnv,
  opsPort: number,
): ProcessSpec {
  const graceMs = Number(env.SHUTDOWN_GRACE_MS ?? GRACE_MS)
  return {
    name,
    command: process.execPath,
    args: ['--import', '@lectern/shared/telemetry.ts', 'src/main.ts'],
    cwd: join(PROJECT, 'services', name),
    env: { ...env, HOST: '127.0.0.1', OPS_PORT: String(opsPort), SHUTDOWN_GRACE_MS: String(graceMs) },
    stopDeadlineMs: graceMs + LAST_STEPS_MS,
    logFile: home.log(name),
    pidFile: home.pidFile(name),
    ready: () => answers(`http://127.0.0.1:${opsPort}/readyz`),
  }
}

/** The provider that answers when no real one is configured. */
export function demoProviderProcess(home: Home, env: NodeJS.ProcessEnv, port: number): ProcessSpec {
  return {
    name: 'demo-provider',
    command: process.execPath,
    args: ['src/main.ts'],
    cwd: join(PROJECT, 'packages', 'demo-provider'),
    env: { ...env, HOST: '127.0.0.1', PORT: String(port) },
    logFile: home.log('demo-provider'),
    pidFile: home.pidFile('demo-provider'),
    ready: () => answers(`http://127.0.0.1:${port}/healthz`),
  }
}

/** What every process gets of the user's environment: all but the launcher's own settings and the providers' keys. */
export function inheritedEnvironment(env: NodeJS.ProcessEnv, keyVariables: string[]): NodeJS.ProcessEnv {
  const entries = Object.entries(env).filter(
    ([name]) => !NOT_INHERITED.test(name) && !keyVariables.includes(name),
  )
  return Object.fromEntries(entries)
}

async function answers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })
  const said = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${said}`)
}
