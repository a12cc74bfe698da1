import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuditEntry, ListAuditCall } from '@lectern/shared/contracts/audit.ts'
import { CourseId, PageQuery } from '@lectern/shared/contracts/fields.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { instantQuery, toInstant } from '../instant.ts'
import { closedObject, failures, pageOf } from '../schemas.ts'

const { actor } = ListAuditCall.request.properties

/** What staff did and read: kept by the logger. */
export const audit: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const list = requester(nc, ListAuditCall)

  app.get(
    '/audit',
    {
      schema: {
        tags: ['audit'],
        summary: 'What staff did, and which conversations they read, newest first',
        querystring: closedObject({
          course: Type.Optional(CourseId),
          actor,
          from: instantQuery('done at this time or later'),
          to: instantQuery('done before this time'),
          ...PageQuery,
        }),
        response: { 200: pageOf(AuditEntry), ...failures },
      },
    },
    async request => {
      const { course, from, to, ...rest } = request.query
      return list({ courseId: course, from: toInstant('from', from), to: toInstant('to', to), ...rest })
    },
  )
}
