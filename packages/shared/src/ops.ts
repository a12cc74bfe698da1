import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerScrape } from './metrics.ts'

/** Named questions about what a service needs: true means that it can do its work. */
export type Checks = Record<string, () => boolean | Promise<boolean>>

export interface OpsServer {
  port: number
  close(): Promise<void>
}

/** Answers all checks; one that throws or hangs for a second counts as failed. */
export async function runChecks(
  checks: Checks,
): Promise<{ ready: boolean; checks: Record<string, boolean> }> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const timeout = new Promise<boolean>(resolve => setTimeout(resolve, 1000, false).unref())
      const passed = await Promise.race([Promise.resolve().then(check), timeout]).catch(() => false)
      return [name, passed] as const
    }),
  )
  return { ready: results.every(([, passed]) => passed), checks: Object.fromEntries(results) }
}

/**
 * The operator's door of a service, apart from its real work: `/healthz` (the process lives), `/readyz` (it can work) and
 * `/metrics` (Prometheus).
 */
export async function startOps({
  host,
  port,
  checks,
}: {
  host: string
  port: number
  checks: Checks
}): Promise<OpsServer> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/metrics') return answerScrape(request, response)
    const result = path === '/readyz' ? await runChecks(checks) : { ready: path === '/healthz' }
    const status = result.ready ? 200 : path === '/readyz' ? 503 : 404
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(result))
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
