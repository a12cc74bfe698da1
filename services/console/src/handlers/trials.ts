import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PublishCall } from '@lectern/shared/contracts/prompts.ts'
import { MintTrialKeyCall } from '@lectern/shared/contracts/trials.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { FastifyRequest } from 'fastify'
import type { HandlerOptions } from '../app.ts'
import { CHAT, CHAT_BODY_LIMIT_BYTES, CHAT_STREAM } from '../chat.ts'
import { createAskGateway, leavingOf, pass } from '../gateway.ts'
import { mintFor } from '../minting.ts'
import { CourseParams, closedObject, failures } from '../schemas.ts'

/** Beside a chat, a text of 200,000 characters, of which each may be four bytes. */
const bodyLimit = CHAT_BODY_LIMIT_BYTES + 800_000
const { fromWeek: week, text } = PublishCall.request.properties

/**
 * Staff try a prompt before it is published. It is a request at the gateway like a student's, paid from an account of their
 * own in the course, by a key that nobody but this process ever has.
 */
export const trials: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc, gateway }) => {
  const mint = requester(nc, MintTrialKeyCall)
  const ask = createAskGateway(gateway)

  app.post(
    '/courses/:course/prompts/try',
    {
      bodyLimit,
      schema: {
        tags: ['prompts'],
        summary: 'Chat with a prompt that is not published; from your own budget for trials',
        params: CourseParams,
        body: closedObject({ ...CHAT, text, week }),
        response: { 200: CHAT_STREAM, ...failures },
      },
    },
    async (request, reply) => {
      const { course: courseId } = request.params
      const { model, messages, text, week } = request.body
      const key = mintFor(courseId)
      await mint({ courseId, ...whoOf(request), keyHash: key.stored.hash })
      const answer = await ask(key.text, {
        path: '/v1/trials/chat/completions',
        body: { model, messages, stream: true, draft: { week, text } },
        signal: leavingOf(reply),
      })
      return pass(answer, reply)
    },
  )
}

/** Whose account it is, and its name. */
function whoOf({ caller }: FastifyRequest): { staff: string; name: string } {
  if (caller?.kind !== 'person') return { staff: 'token', name: 'Scripts of the staff' }
  const { id, name, email } = caller.user
  return { staff: id, name: (name.trim() || email).slice(0, 200) }
}
