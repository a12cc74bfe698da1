import { Cluster, Redis as Server } from 'ioredis'
import type { Logger } from '../log.ts'

/** One server, or a cluster of them: the services use both alike, because each script touches one hash tag only. */
export type Redis = Server | Cluster

/** What a REDIS_URL may look like. The scheme says which of the two it is; a cluster is found from any of its nodes. */
export const REDIS_URL_PATTERN = '^rediss?(\\+cluster)?://'

export interface RedisOptions {
  /** `redis://:password@host:port`, or `redis+cluster://:password@host:port,host:port`; `rediss` with TLS. */
  url: string
  name: string
  log: Logger
  commandTimeoutMs?: number
}

// Between two tries of a connection: soon at first, once a second at most, and not all replicas in the same moment.
const pauseMs = (attempt: number) => Math.min(100 * attempt, 1000) + Math.random() * 100

/**
 * A connection to Redis that fails fast. Every command has a timeout (one that was lost would otherwise wait for ever), and
 * nothing is queued while Redis is away: the caller answers 503 and tries again. A command that timed out may still be
 * carried out later, so every script is idempotent and carries a deadline. Not `enableAutoPipelining`: its pipelines, one for each turn of the event
 * loop, live until V8 collects all of its heap, and of a cluster's that meets moved slots nothing is sent on.
 */
export function connectRedis({ url, name, log, commandTimeoutMs = 1000 }: RedisOptions): Redis {
  const each = {
    connectionName: name,
    commandTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 1,
    connectTimeout: 2000,
  }
  const redis = /^rediss?\+cluster:/.test(url) ? connectCluster(url, each, log) : connectServer(url, each)
  redis.on('error', (error: Error) => log.warn({ err: error }, 'redis: connection trouble'))
  redis.on('ready', () => log.info('redis: connected'))
  return redis
}

interface EachConnection {
  connectionName: string
  commandTimeout: number
  maxRetriesPerRequest: number
  connectTimeout: number
}

function connectServer(url: string, each: EachConnection): Server {
  return new Server(url, {
    ...each,
    enableOfflineQueue: false,
    retryStrategy: pauseMs,
    lazyConnect: true,
  })
}

function connectCluster(url: string, each: EachConnection, log: Logger): Cluster {
  const { nodes, ...access } = readClusterUrl(url)
  const cluster = new Cluster(nodes, {
    redisOptions: { ...each, ...access },
    clusterRetryStrategy: pauseMs,
    lazyConnect: true,
    enableOfflineQueue: false,
    // A lost connection to a node is opened again by the next command, which waits this long. Together with a redirection
    // that is two tries; more of them would only hold a request whose node is away.
    maxRedirections: 4,
    retryDelayOnFailover: 100,
    retryDelayOnClusterDown: 100,
    // Slots that moved while nobody asked for them.
    slotsRefreshInterval: 10_000,
  })
  cluster.on('node error', (error: Error, node: string) =>
    log.warn({ err: error, node }, 'redis: trouble with a node of the cluster'),
  )
  return cluster
}

/** The nodes of a cluster's URL, and how to log in to each of them. */
export function readClusterUrl(url: string) {
  const [, scheme = '', login = '', hosts = ''] =
    /^(rediss?)\+cluster:\/\/(?:([^@]*)@)?([^/?#]+)/.exec(url) ?? []
  const nodes = hosts.split(',').map(host => {
    const { hostname, port } = new URL(`redis://${host}`)
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 6379 }
  })
  const { username, password } = new URL(`redis://${login}@login`)
  return {
    nodes,
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(scheme === 'rediss' ? { tls: {} } : {}),
  }
}

/** Every server that answers commands: each has a clock of its own. */
export function serversOf(redis: Redis): { name: string; server: Server }[] {
  if (redis instanceof Server) return [{ name: 'only', server: redis }]
  return redis
    .nodes('master')
    .map(server => ({ name: `${server.options.host}:${server.options.port}`, server }))
}
