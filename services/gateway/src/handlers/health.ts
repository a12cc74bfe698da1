import { type Checks, runChecks } from '@lectern/shared/ops.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** GET /healthz: the process lives. */
export async function healthz(): Promise<{ ready: boolean }> {
  return { ready: true }
}

/** GET /readyz: it can serve requests; a balancer asks it. */
export function readyz(checks: Checks) {
  return async (_: FastifyRequest, reply: FastifyReply) => {
    const result = await runChecks(checks)
    return reply.code(result.ready ? 200 : 503).send(result)
  }
}
