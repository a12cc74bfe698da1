import pg from 'pg'
import type { Logger } from '../log.ts'

export type Pool = pg.Pool

export interface PoolOptions {
  url: string
  /** Seen in pg_stat_activity. */
  name: string
  log: Logger
  /** Connections at most. Ten are more than a batch writer and a few page reads use at once. */
  size?: number
}

/** A Postgres pool in which nothing waits for ever (the driver's defaults do). */
export function createPool({ url, name, log, size = 10 }: PoolOptions): Pool {
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
    keepAlive: true,
  })
  // Without a listener the loss of an idle connection would end the process.
  pool.on('error', (error: Error & { code?: string }) =>
    // Not the error itself: the driver hangs its whole client on it.
    log.warn({ code: error.code, reason: error.message }, 'postgres: idle connection lost'),
  )
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
