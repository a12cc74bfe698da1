import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { findOrInstall, type ServerName } from './binaries.ts'
import type { Home } from './home.ts'
import { type Options, UserError } from './options.ts'
import { onFreePort } from './ports.ts'
import type { Say } from './progress.ts'
import { timed } from './progress.ts'
import type { Secrets } from './secrets.ts'
import { prepareNats } from './servers/nats.ts'
import { preparePostgres } from './servers/postgres.ts'
import { prepareRedis } from './servers/redis.ts'
import type { Server } from './servers/server.ts'
import type { Addresses } from './services.ts'
import { PROJECT } from './services.ts'
import type { Supervisor } from './supervisor.ts'

/** The URLs of the backing servers; of the database, that of an administrator. */
export interface Backing {
  databaseUrl: string
  redisUrl: string
  /** Without a user: see `natsUrls`. */
  natsUrl: string
}

/** Uses the servers that the user named, and starts private ones for the rest. */
export async function startBacking(
  options: Options,
  home: Home,
  secrets: Secrets,
  supervisor: Supervisor,
  say: Say,
): Promise<Backing> {
  const given = { postgres: options.databaseUrl, redis: options.redisUrl, nats: options.natsUrl }
  const names: ServerName[] = ['postgres', 'redis', 'nats']
  await findOrInstall(
    names.filter(name => !given[name]),
    say,
  )
  const own = (name: ServerName) => ({ dir: join(home.path, name), log: home.log(name) })
  const prepare: Record<ServerName, (port: number) => Promise<Server>> = {
    postgres: port => preparePostgres({ ...own('postgres'), port }),
    redis: port => prepareRedis({ ...own('redis'), port }),
    nats: port => prepareNats({ ...own('nats'), port, ...natsUsers(secrets) }),
  }
  const urlOf = async (name: ServerName) => {
    const url = given[name]
    if (url) return reachable(name, url)
    return timed(say, name, () =>
      onFreePort(async port => {
        const server = await prepare[name](port)
        await supervisor.start(server.spec)
        return server.url
      }),
    )
  }
  const [databaseUrl, redisUrl, natsUrl] = await Promise.all([
    urlOf('postgres'),
    urlOf('redis'),
    urlOf('nats'),
  ])
  return { databaseUrl, redisUrl, natsUrl }
}

/** Each service has a NATS user of its own; on a server of the user's, all use what its URL says. */
export function natsUrls(options: Options, natsUrl: string, { nats }: Secrets): Addresses['natsUrl'] {
  const entries = Object.entries(nats).map(([name, password]) => {
    if (options.natsUrl) return [name, options.natsUrl]
    return [name, natsUrl.replace('//', `//${name}:${password}@`)]
  })
  return Object.fromEntries(entries)
}

function natsUsers({ nats }: Secrets) {
  const env = Object.entries(nats).map(([name, password]) => [
    `NATS_${name.toUpperCase()}_PASSWORD`,
    password,
  ])
  return { config: join(PROJECT, 'infra', 'nats.conf'), env: Object.fromEntries(env) }
}

const VARIABLES = { postgres: 'DATABASE_URL', redis: 'REDIS_URL', nats: 'NATS_URL' }
const USUAL_PORTS = { postgres: 5432, redis: 6379, nats: 4222 }
const CONNECT_TIMEOUT_MS = 5000

/** Says at once that a server which the user named is not there; the services would keep trying. */
async function reachable(name: ServerName, url: string): Promise<string> {
  // Of several (nats://a,nats://b), one that answers is enough to begin with: the first.
  const { hostname, port } = new URL(url.split(',')[0] ?? url)
  const socket = connect({ host: hostname, port: Number(port) || USUAL_PORTS[name] })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) })
    return url
  } catch (error) {
    throw new UserError(`Nothing answers at ${hostname} (${VARIABLES[name]}): ${(error as Error).message}`)
  } finally {
    socket.destroy()
  }
}
