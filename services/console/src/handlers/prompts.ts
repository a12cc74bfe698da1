import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { GetCourseCall } from '@lectern/shared/contracts/courses.ts'
import {
  ListPromptsCall,
  PreviewCall,
  PromptVersion,
  PublishCall,
  RestoreCall,
  WithdrawCall,
} from '@lectern/shared/contracts/prompts.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { CourseParams, closedObject, failures, PageOnly, pageOf, VersionParams } from '../schemas.ts'

const { fromWeek, toWeek, text } = PublishCall.request.properties
const publishAt = Type.Optional(
  Type.String({
    maxLength: 35,
    description: 'in force from this time on, 2026-11-26T08:00:00Z; without it at once',
  }),
)
const { week, question } = PreviewCall.request.properties
const tags = ['prompts']

/** The system prompts of a course: answered by the prompts service, in force at every gateway within a second (P6). */
export const prompts: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  // The prompts service keeps what it is told: whether there is such a course, only quota knows.
  const getCourse = requester(nc, GetCourseCall)
  const publish = requester(nc, PublishCall)
  const listPrompts = requester(nc, ListPromptsCall)
  const restore = requester(nc, RestoreCall)
  const withdraw = requester(nc, WithdrawCall)
  const preview = requester(nc, PreviewCall)

  app.post(
    '/courses/:course/prompts',
    {
      schema: {
        tags,
        summary: 'Publish a prompt for a range of weeks, as a new version, now or at a time',
        params: CourseParams,
        body: closedObject({ fromWeek, toWeek, text, publishAt }),
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

  app.post(
    '/courses/:course/prompts/:version/restore',
    {
      schema: {
        tags,
        summary: 'Publish an earlier version again, as a new one',
        params: VersionParams,
        // Nothing has to be said.
        body: Object.assign(closedObject({ publishAt }), { default: {} }),
        response: { 201: PromptVersion, ...failures },
      },
    },
    async (request, reply) => {
      const { course: courseId, version } = request.params
      await getCourse({ courseId })
      return reply.code(201).send(await restore({ courseId, version, ...request.body }))
    },
  )

  app.delete(
    '/courses/:course/prompts/:version',
    {
      schema: {
        tags,
        summary: 'Take back a version that is not in force yet',
        params: VersionParams,
        response: { 200: PromptVersion, ...failures },
      },
    },
    async request => withdraw({ courseId: request.params.course, version: request.params.version }),
  )

  app.post(
    '/courses/:course/prompts/preview',
    {
      schema: {
        tags,
        summary: 'What the model would get for a question in a week; with a text: if that were the prompt',
        params: CourseParams,
        body: closedObject({ week, question, text: Type.Optional(text) }),
        response: { 200: PreviewCall.reply, ...failures },
      },
    },
    async request => {
      const { course: courseId } = request.params
      await getCourse({ courseId })
      return preview({ courseId, ...request.body })
    },
  )
}
