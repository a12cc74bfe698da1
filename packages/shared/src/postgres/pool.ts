import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import type { Logger } from '../log.ts'
import { METRIC } from '../metric-table.ts'
import { observeGauge } from '../metrics.ts'
import { watchSlowQueries } from './slow-queries.ts'

export type Pool = pg.Pool
export type PoolClient = pg.PoolClient

export interface PoolOptions {
  url: string
  /** Seen in pg_stat_activity. */
  name: string
  log: Logger
  /** Connections at most. Ten are more than a batch writer and a few page reads use at once. */
  size?: number
  /** A statement that takes longer is logged by its name. */
  slowQueryMs?: number
}

/** A Postgres pool in which nothing waits for ever (the driver's defaults do). */
export function createPool({ url, name, log, size = 10, slowQueryMs = 1000 }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    max: size,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    query_timeout: 16_000,
    lock_timeout: 5000,
    idle_in_transaction_session_timeout: 20_000,
    // Postgres would compile what it takes for long: seconds, for statements of milliseconds over many partitions.
    options: '-c jit=off',
    keepAlive: true,
  })
  // Without a listener the loss of an idle connection would end the process.
  pool.on('error', (error: Error & { code?: string }) =>
    // Not the error itself: the driver hangs its whole client on it.
    log.warn({ code: error.code, reason: error.message }, 'postgres: idle connection lost'),
  )
  pool.on('connect', client => watchSlowQueries(client, slowQueryMs, log))
  keepCallers(pool)
  return pool
}

/** What had to wait for a connection goes on for whoever asked for it, not for the request that gave the connection back. */
function keepCallers(pool: Pool): void {
  type Callback = (...results: unknown[]) => void
  const connect = pool.connect.bind(pool) as (callback?: Callback) => unknown
  const connectFor = (callback?: Callback) => connect(callback && AsyncLocalStorage.bind(callback))
  pool.connect = connectFor as typeof pool.connect
}

/** The pool of a service: closed with it, and seen in its metrics. */
export function openPool(
  name: string,
  {
    config: { DATABASE_URL: url, SLOW_QUERY_MS: slowQueryMs },
    log,
    closing,
  }: { config: { DATABASE_URL: string; SLOW_QUERY_MS: number }; log: Logger; closing: AsyncDisposableStack },
): Pool {
  const pool = createPool({ url, name, log, slowQueryMs })
  closing.defer(() => pool.end())
  observeGauge(
    METRIC.poolConnections,
    () => [
      [pool.idleCount, { state: 'idle' }],
      [pool.totalCount - pool.idleCount, { state: 'used' }],
    ],
    closing,
  )
  observeGauge(METRIC.poolWaiting, () => pool.waitingCount, closing)
  return pool
}

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function inTransaction<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((cause: Error) => {
      broken = cause
    })
    throw error
  } finally {
    // A connection that could not even roll back is thrown away.
    client.release(broken)
  }
}
