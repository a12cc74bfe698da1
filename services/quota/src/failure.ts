import { LecternError } from '@lectern/shared/errors.ts'
import { Prisma } from '../generated/client.ts'

// Of Postgres: connection lost, too many of them, server stopping, statement cancelled by its timeout.
const POSTGRES_AWAY = /^(08|53|57)[0-9A-Z]{3}$/
// Of the operating system.
const NETWORK_AWAY = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/
// Of Prisma: cannot reach, timed out, closed the connection, too many connections, no transaction in time.
const PRISMA_AWAY = /^P(1001|1002|1008|1017|2024|2028|2037)$/
// What the drivers throw without any code.
const DRIVER_AWAY =
  /timed out|timeout|enableOfflineQueue|Connection (is closed|terminated)|max retries per request|Cluster (redirections|is (ended|disconnect))|startup nodes|slots (cache|allocation)|^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|OOM)\b/i

/** Whether Redis or Postgres is away, slow or full: a state of affairs that passes, not a mistake of ours. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof LecternError) return false
  if (error instanceof Prisma.PrismaClientInitializationError) return true
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && [POSTGRES_AWAY, NETWORK_AWAY, PRISMA_AWAY].some(known => known.test(code)))
    return true
  return DRIVER_AWAY.test(error.message) || isOutage(error.cause)
}

/** A handler whose outages are answered with 503 and when to try again; its mistakes stay internal errors. */
export function answeringOutages<Q, A>(handler: (request: Q) => Promise<A>): (request: Q) => Promise<A> {
  return async request => {
    try {
      return await handler(request)
    } catch (error) {
      if (!isOutage(error)) throw error
      throw new LecternError('service_unavailable', { retryAfterMs: 1000, cause: error })
    }
  }
}
