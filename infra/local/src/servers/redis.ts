import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Redis } from 'ioredis'
import { findOrInstall } from '../binaries.ts'
import { stopLeftover } from '../pid-file.ts'
import { keptPassword } from './password.ts'
import { type RunningServer, type Server, type ServerOptions, startServer } from './server.ts'

export interface RedisOptions extends ServerOptions {
  /** Keep nothing on disk: for tests whose data dies with them. */
  throwaway?: boolean
  /** A node of a cluster, with the password that all nodes share. */
  cluster?: { password: string }
}

/** Starts a private Redis of 127.0.0.1 that keeps its data in `dir`. */
export function startRedis(options: RedisOptions): Promise<RunningServer> {
  return startServer(port => prepareRedis({ ...options, port }), options.port)
}

/** Writes the configuration of a private Redis. */
export async function prepareRedis(options: RedisOptions & { port: number }): Promise<Server> {
  const { port } = options
  const dir = resolve(options.dir)
  const { redis } = await findOrInstall(['redis'])
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const pidFile = join(dir, 'pid')
  await stopLeftover(pidFile)
  const password = options.cluster?.password ?? (await keptPassword(join(dir, 'password')))
  const configFile = join(dir, 'redis.conf')
  // In a file, not on the command line, which every user of the machine can read.
  await writeFile(configFile, configuration(dir, password, options), { mode: 0o600 })
  const url = `redis://:${password}@127.0.0.1:${port}`
  const logFile = options.log ?? join(dir, 'redis.log')
  const spec = { name: 'redis', command: redis, args: [configFile], logFile, pidFile, ready: () => ping(url) }
  return { url, port, spec }
}

function configuration(
  dir: string,
  password: string,
  { port, throwaway, cluster }: RedisOptions & { port: number },
): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(dir)}`,
    // Balances must never be thrown out to make room: a full Redis refuses to write instead.
    'maxmemory-policy noeviction',
    `appendonly ${throwaway ? 'no' : 'yes'}`,
    'appendfsync everysec',
    'save ""',
    ...(cluster ? CLUSTER_NODE : []),
    '',
  ].join('\n')
}

// Without full coverage, a node that is away takes only its own part of the courses with it.
const CLUSTER_NODE = [
  'cluster-enabled yes',
  'cluster-config-file nodes.conf',
  'cluster-require-full-coverage no',
  'cluster-node-timeout 2000',
]

/** Also waits while Redis is loading its file: the client's own ready check does. */
async function ping(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1000 })
  redis.on('error', () => {})
  try {
    await redis.connect()
  } finally {
    redis.disconnect()
  }
}
