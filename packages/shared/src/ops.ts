import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerScrape } from './metrics.ts'

/** Named questions about what a service needs: true means that it can do its work. */
export type Checks = Record<string, () => boolean | Promise<boolean>>

/** Shorter than the time that probes usually wait. */
const CHECK_TIMEOUT_MS = 1000

export interface OpsServer {
  port: number
  close(): Promise<void>
}

/** What `/healthz` answers: the process lives. */
export const ALIVE = { status: 'alive' } as const

/** What a service says of itself at `/readyz`. */
export interface Needs {
  /** Without one of these, this process is of no use: `down`, status 503. */
  checks: Checks
  /**
   * Without one of these it serves less, and so would every other replica: `degraded`, status 200. Taking it out of a
   * balancer would only replace its own clear answer by the balancer's.
   */
  shared?: Checks | undefined
}

export interface Readiness {
  status: 'ready' | 'degraded' | 'down'
  checks: Record<string, boolean>
}

/** Answers all checks; one that throws or hangs for a second counts as failed. */
export async function readinessOf({ checks, shared = {} }: Needs): Promise<Readiness> {
  const [own, others] = await Promise.all([runChecks(checks), runChecks(shared)])
  const passed = (results: Record<string, boolean>) => Object.values(results).every(Boolean)
  const status = !passed(own) ? 'down' : passed(others) ? 'ready' : 'degraded'
  return { status, checks: { ...own, ...others } }
}

/** The HTTP status for a readiness: what balancers and probes look at. */
export function readinessStatus({ status }: Readiness): 200 | 503 {
  return status === 'down' ? 503 : 200
}

async function runChecks(checks: Checks): Promise<Record<string, boolean>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const timeout = new Promise<boolean>(resolve => setTimeout(resolve, CHECK_TIMEOUT_MS, false).unref())
      const passed = await Promise.race([Promise.resolve().then(check), timeout]).catch(() => false)
      return [name, passed] as const
    }),
  )
  return Object.fromEntries(results)
}

/**
 * The operator's door of a service, apart from its real work: `/healthz` (the process lives), `/readyz` (it can work) and
 * `/metrics` (Prometheus).
 */
export async function startOps({
  host,
  port,
  ...needs
}: {
  host: string
  port: number
} & Needs): Promise<OpsServer> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/metrics') return answerScrape(request, response)
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (path === '/healthz') return answer(200, ALIVE)
    if (path !== '/readyz') return answer(404, { status: 'unknown path' })
    const readiness = await readinessOf(needs)
    return answer(readinessStatus(readiness), readiness)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
