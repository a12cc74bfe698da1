import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Checks, runChecks } from '@lectern/shared/ops.ts'
import { Type } from 'typebox'

const State = Type.Object({
  ready: Type.Boolean(),
  checks: Type.Optional(Type.Record(Type.String(), Type.Boolean())),
})
/** Nobody needs the token to ask how the console is. */
const open = { tags: ['health'], security: [] }

/** How the console is, and what it offers. */
export const health: FastifyPluginAsyncTypebox<{ checks: Checks }> = async (app, { checks }) => {
  app.get(
    '/healthz',
    { schema: { ...open, summary: 'Whether the process lives', response: { 200: State } } },
    async () => ({ ready: true }),
  )

  app.get(
    '/readyz',
    { schema: { ...open, summary: 'Whether it can work now', response: { 200: State, 503: State } } },
    async (_, reply) => {
      const state = await runChecks(checks)
      return reply.code(state.ready ? 200 : 503).send(state)
    },
  )

  app.get(
    '/openapi.json',
    { schema: { ...open, summary: 'This document', response: { 200: Type.Unknown() } } },
    async () => app.swagger(),
  )
}
