import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { GetCourseCall } from '@lectern/shared/contracts/courses.ts'
import { ListPromptsCall, PromptVersion, PublishCall } from '@lectern/shared/contracts/prompts.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { HandlerOptions } from '../app.ts'
import { CourseParams, closedObject, failures, PageOnly, pageOf } from '../schemas.ts'

const { fromWeek, toWeek, text } = PublishCall.request.properties
const tags = ['prompts']

/** The system prompts of a course: answered by the prompts service, in force at every gateway within a second (P6). */
export const prompts: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  // The prompts service keeps what it is told: whether there is such a course, only quota knows.
  const getCourse = requester(nc, GetCourseCall)
  const publish = requester(nc, PublishCall)
  const listPrompts = requester(nc, ListPromptsCall)

  app.post(
    '/courses/:course/prompts',
    {
      schema: {
        tags,
        summary: 'Publish a prompt for a range of weeks, as a new version',
        params: CourseParams,
        body: closedObject({ fromWeek, toWeek, text }),
        response: { 201: PromptVersion, ...failures },
      },
    },
    async (request, reply) => {
      const { course: courseId } = request.params
      await getCourse({ courseId })
      return reply.code(201).send(await publish({ courseId, ...request.body }))
    },
  )

  app.get(
    '/courses/:course/prompts',
    {
      schema: {
        tags,
        summary: 'List the versions of the prompt',
        params: CourseParams,
        querystring: PageOnly,
        response: { 200: pageOf(PromptVersion), ...failures },
      },
    },
    async request => {
      const { course: courseId } = request.params
      const [page] = await Promise.all([listPrompts({ courseId, ...request.query }), getCourse({ courseId })])
      return page
    },
  )
}
