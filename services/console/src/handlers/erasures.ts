import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EraseStudentCall, Erasure, ListErasuresCall } from '@lectern/shared/contracts/conversations.ts'
import { GetStudentCall } from '@lectern/shared/contracts/courses.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { HandlerOptions } from '../app.ts'
import { actorOf } from '../caller.ts'
import { closedObject, failures, StudentParams } from '../schemas.ts'

const { reason } = EraseStudentCall.request.properties
/** Thousands of conversations are rewritten, in one transaction. */
const ERASE_TIMEOUT_MS = 120_000
const tags = ['conversations']

/** Deleting one student's conversations, with proof: done by the logger. */
export const erasures: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const getStudent = requester(nc, GetStudentCall)
  const erase = requester(nc, EraseStudentCall, { timeoutMs: ERASE_TIMEOUT_MS })
  const list = requester(nc, ListErasuresCall)

  app.post(
    '/students/:student/erase',
    {
      schema: {
        tags,
        summary: "Delete the texts of a student's conversations for good; answers the proof",
        params: StudentParams,
        body: closedObject({ reason }),
        response: { 200: Erasure, ...failures },
      },
    },
    async request => {
      // A mistyped id must not be proven to have nothing.
      const { id } = await getStudent({ studentId: request.params.student })
      return erase({ studentId: id, reason: request.body.reason, actor: actorOf(request) })
    },
  )

  app.get(
    '/students/:student/erasures',
    {
      schema: {
        tags,
        summary: 'The proofs of what was deleted of a student, newest first',
        params: StudentParams,
        response: { 200: ListErasuresCall.reply, ...failures },
      },
    },
    async request => list({ studentId: request.params.student }),
  )
}
