import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LogLevelChange } from '@lectern/shared/contracts/ops.ts'
import { LOG_LEVEL_CHANGE } from '@lectern/shared/contracts/subjects.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { isConnected } from '@lectern/shared/nats/connect.ts'
import type { HandlerOptions } from '../app.ts'
import { closedObject, failures } from '../schemas.ts'

/** What operators set while everything runs: told to all services at once. */
export const ops: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  app.put(
    '/ops/log-level',
    {
      schema: {
        tags: ['ops'],
        summary: 'Change how much a service logs, for some minutes',
        body: closedObject(LogLevelChange.properties),
        response: { 202: LogLevelChange, ...failures },
      },
    },
    async (request, reply) => {
      if (!isConnected(nc)) throw new LecternError('service_unavailable', { retryAfterMs: 1000 })
      nc.publish(LOG_LEVEL_CHANGE, JSON.stringify(request.body))
      await nc.flush()
      return reply.code(202).send(request.body)
    },
  )
}
