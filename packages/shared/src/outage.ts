import { LecternError } from './errors.ts'

// SQLSTATE classes: connection lost, too many of them, server stopping or statement cancelled by its timeout, system.
const POSTGRES = /^(08|53|57|58)[0-9A-Z]{3}$/
// Of the operating system.
const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/
// Of Prisma: cannot reach, timed out, closed the connection, too many connections, no transaction in time.
const PRISMA = /^P(1001|1002|1008|1017|2024|2028|2037)$/
// Of Prisma's driver, where a query that was written by hand tells no better code.
const DRIVER = /^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections)$/
// What the drivers throw without any code.
const TEXT =
  /timed out|timeout|enableOfflineQueue|Connection (is closed|terminated)|max retries per request|Cluster (redirections|is (ended|disconnect))|startup nodes|slots (cache|allocation)|^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|OOM)\b/i

interface DriverError {
  code?: unknown
  /** Prisma keeps the driver's own code here, or what it takes it for. */
  meta?: { driverAdapterError?: { cause?: { originalCode?: unknown; kind?: unknown } } }
}

/** Whether Redis or Postgres is away, slow or full: a state of affairs that passes, not a mistake of ours. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof LecternError) return false
  if (error.name === 'PrismaClientInitializationError') return true
  const { code, meta } = error as DriverError
  const { originalCode, kind } = meta?.driverAdapterError?.cause ?? {}
  const codes = [code, originalCode, kind].filter(value => typeof value === 'string')
  const passing = [POSTGRES, NETWORK, PRISMA, DRIVER]
  if (codes.some(value => passing.some(pattern => pattern.test(value)))) return true
  return TEXT.test(error.message) || isOutage(error.cause)
}

/** An outage as the `service_unavailable` that its asker gets; anything else as it was. */
export function toUnavailable(error: unknown): unknown {
  return isOutage(error)
    ? new LecternError('service_unavailable', { retryAfterMs: 1000, cause: error })
    : error
}
