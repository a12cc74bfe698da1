import { ALIVE, type Needs, type Readiness, readinessOf, readinessStatus } from '@lectern/shared/ops.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** GET /healthz: the process lives. */
export async function healthz(): Promise<typeof ALIVE> {
  return ALIVE
}

/** GET /readyz: it can serve requests; a balancer asks it. */
export function readyz(needs: Needs) {
  return async (_: FastifyRequest, reply: FastifyReply): Promise<Readiness> => {
    const readiness = await readinessOf(needs)
    reply.code(readinessStatus(readiness))
    return readiness
  }
}
