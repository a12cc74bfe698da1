import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ALIVE, type Needs, readinessOf, readinessStatus } from '@lectern/shared/ops.ts'
import { Type } from 'typebox'

const Alive = Type.Object({ status: Type.Literal(ALIVE.status) })
const State = Type.Object({
  status: Type.Enum(['ready', 'degraded', 'down']),
  checks: Type.Record(Type.String(), Type.Boolean()),
})
/** Nobody needs the token to ask how the console is. */
const open = { tags: ['health'], security: [] }

/** How the console is, and what it offers. */
export const health: FastifyPluginAsyncTypebox<{ needs: Needs }> = async (app, { needs }) => {
  app.get(
    '/healthz',
    { schema: { ...open, summary: 'Whether the process lives', response: { 200: Alive } } },
    async () => ALIVE,
  )

  app.get(
    '/readyz',
    { schema: { ...open, summary: 'Whether it can work now', response: { 200: State, 503: State } } },
    async (_, reply) => {
      const readiness = await readinessOf(needs)
      return reply.code(readinessStatus(readiness)).send(readiness)
    },
  )

  app.get(
    '/openapi.json',
    { schema: { ...open, summary: 'This document', response: { 200: Type.Unknown() } } },
    async () => app.swagger(),
  )
}
