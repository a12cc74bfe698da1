import { join } from 'node:path'
import { type Backing, natsUrls, startBacking } from './backing.ts'
import type { Home } from './home.ts'
import { migrate } from './migrate.ts'
import { type Options, UserError } from './options.ts'
import { freePort, isFree, onFreePort } from './ports.ts'
import { type Say, timed } from './progress.ts'
import { demoProviders, findProviders, type Providers } from './providers.ts'
import { loadSecrets, type Secrets } from './secrets.ts'
import { seed } from './seed.ts'
import {
  demoProviderProcess,
  type Edges,
  inheritedEnvironment,
  type ServiceName,
  serviceEnvironment,
  serviceProcess,
} from './services.ts'
import { findSetupUrl } from './setup-url.ts'
import type { Demo } from './state.ts'
import type { Supervisor } from './supervisor.ts'
import type { Tracing } from './trace/tracing.ts'

/** What runs, once everything is ready. */
export interface Launched {
  demo: Demo
  providers: Providers
}

/** Starts every part of Lectern in the order in which they need each other, and waits until each is ready. */
export async function launch(
  options: Options,
  home: Home,
  supervisor: Supervisor,
  { say, tracing }: { say: Say; tracing?: Tracing | undefined },
): Promise<Launched> {
  // First, what the user may have to change: before a minute was spent on anything else.
  const gatewayPort = await chosenPort('PORT', options.port)
  const consolePort = await chosenPort('CONSOLE_PORT', options.consolePort)
  const configured = await findProviders(home.path, options.providersFile, process.env)
  const secrets = await loadSecrets(home.path)
  const backing = await startBacking(options, home, secrets, supervisor, say)
  const [databaseUrl, providers] = await Promise.all([
    timed(say, 'migrations', () => migrate(home, backing.databaseUrl, secrets)),
    configured ?? timed(say, 'demo provider', () => startDemoProvider(home, supervisor)),
  ])
  const natsUrl = natsUrls(options, backing.natsUrl, secrets)
  const addresses = { databaseUrl, redisUrl: backing.redisUrl, natsUrl }
  const edges = edgesFor(gatewayPort, consolePort, home, secrets, providers)
  const given = inheritedEnvironment(process.env, providers.keyVariables)
  const inherited = tracing ? tracing.environment(given) : given
  const opsUrls: Record<string, string> = {}
  const start = (name: ServiceName) =>
    timed(say, name, () =>
      onFreePort(opsPort => {
        opsUrls[name] = `http://127.0.0.1:${opsPort}`
        const env = { ...inherited, ...serviceEnvironment(name, addresses, edges) }
        return supervisor.start(serviceProcess(home, name, env, opsPort))
      }),
    )
  await Promise.all([start('quota'), start('prompts'), start('logger')])
  await Promise.all([start('gateway'), start('console')])
  const demo = { ...describe(backing, edges, natsUrl.ops), opsUrls }
  demo.setupUrl = await findSetupUrl(home.log('console'))
  const seeded = options.demo && (await timed(say, 'demo course', () => seed(home.path, demo)))
  return { demo: { ...demo, ...seeded, pids: supervisor.pids() }, providers }
}

async function startDemoProvider(home: Home, supervisor: Supervisor): Promise<Providers> {
  return onFreePort(async port => {
    await supervisor.start(demoProviderProcess(home, inheritedEnvironment(process.env, []), port))
    return demoProviders(home.path, port)
  })
}

async function chosenPort(variable: string, port: number): Promise<number> {
  if (port === 0) return freePort()
  if (await isFree(port)) return port
  throw new UserError(
    `Port ${port} of 127.0.0.1 is taken by another program. Choose another one by ${variable}, ` +
      `for instance: ${variable}=${port + 10} npm start`,
  )
}

function edgesFor(
  gatewayPort: number,
  consolePort: number,
  home: Home,
  { adminToken, ownKeys }: Secrets,
  { file, keyVariables }: Providers,
): Edges {
  const keys = keyVariables.map(variable => [variable, process.env[variable]])
  return {
    gatewayPort,
    consolePort,
    adminToken,
    providersFile: file,
    providerKeys: Object.fromEntries(keys),
    spoolDir: join(home.path, 'spool'),
    ownKeysSecret: ownKeys,
  }
}

function describe(backing: Backing, edges: Edges, natsUrl: string): Omit<Demo, 'opsUrls'> {
  return {
    gatewayUrl: `http://127.0.0.1:${edges.gatewayPort}`,
    consoleUrl: `http://127.0.0.1:${edges.consolePort}`,
    adminToken: edges.adminToken,
    setupUrl: null,
    course: null,
    students: [],
    natsUrl,
    redisUrl: backing.redisUrl,
    databaseUrl: backing.databaseUrl,
    pids: {},
  }
}
