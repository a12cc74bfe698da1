import { Redis } from 'ioredis'
import type { Logger } from '../log.ts'

export type { Redis }

/**
 * A Redis connection that fails fast. Every command has a timeout (one that was lost would otherwise wait for ever), and
 * nothing is queued while Redis is away: the caller answers 503 and tries again. A command that timed out may still be
 * carried out later, so every script is idempotent and carries a deadline.
 */
export function connectRedis({
  url,
  name,
  log,
  commandTimeoutMs = 1000,
}: {
  url: string
  name: string
  log: Logger
  commandTimeoutMs?: number
}): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    commandTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    connectTimeout: 2000,
    retryStrategy: attempt => Math.min(100 * attempt, 1000) + Math.random() * 100,
    lazyConnect: true,
  })
  redis.on('error', error => log.warn({ err: error }, 'redis: connection trouble'))
  redis.on('ready', () => log.info('redis: connected'))
  return redis
}
