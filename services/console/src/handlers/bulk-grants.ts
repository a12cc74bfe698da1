import { randomUUIDv7 } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RequestId, StudentId, Week } from '@lectern/shared/contracts/fields.ts'
import { GrantManyCall, type GrantTo, MOST_IMPORTED } from '@lectern/shared/contracts/roster.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { type Static, Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { actorOf } from '../caller.ts'
import { CourseParams, closedObject, failures } from '../schemas.ts'

const { tokens, reason } = GrantManyCall.request.properties
const to = {
  students: Type.Optional(Type.Array(StudentId, { minItems: 1, maxItems: MOST_IMPORTED })),
  group: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  all: Type.Optional(Type.Literal(true)),
}
const To = Type.Object(to)

/** One insert and, where weeks are open, one look at each account. */
const GRANT_TIMEOUT_MS = 25_000

/** The same grant for many students of a course: answered by the quota service. */
export const bulkGrants: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const grantMany = requester(nc, GrantManyCall, { timeoutMs: GRANT_TIMEOUT_MS })

  app.post(
    '/courses/:course/grants',
    {
      schema: {
        tags: ['budget'],
        summary: 'Grant tokens to several students, a group, or all; without a week: in the running one',
        params: CourseParams,
        // Other headers are none of ours, so this object stays open.
        headers: Type.Object({
          'idempotency-key': Type.Optional({ ...RequestId, description: 'repeated: granted once' }),
        }),
        body: closedObject({ ...to, week: Type.Optional(Week), tokens, reason }),
        response: { 201: GrantManyCall.reply, ...failures },
      },
    },
    async (request, reply) => {
      const { week = null, tokens, reason, ...named } = request.body
      const grantId = request.headers['idempotency-key'] ?? randomUUIDv7()
      const { course: courseId } = request.params
      const order = { grantId, courseId, to: grantTo(named), week, tokens, reason, actor: actorOf(request) }
      return reply.code(201).send(await grantMany(order))
    },
  )
}

function grantTo({ students, group, all }: Static<typeof To>): GrantTo {
  const ways: GrantTo[] = [
    ...(students === undefined ? [] : [{ students }]),
    ...(group === undefined ? [] : [{ group }]),
    ...(all === undefined ? [] : [{ all }]),
  ]
  const [way, ...more] = ways
  if (way && more.length === 0) return way
  throw new LecternError('invalid_request', {
    message: 'Name who gets it in one way: `students`, `group`, or `all: true`.',
    param: 'students',
  })
}
