import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { GetCourseCall } from '@lectern/shared/contracts/courses.ts'
import { ModelName } from '@lectern/shared/contracts/fields.ts'
import { ListModelsCall } from '@lectern/shared/contracts/models.ts'
import { NobodyThereError, requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { CourseParams, failures } from '../schemas.ts'

const Offered = Type.Object({
  ...ListModelsCall.reply.properties.items.items.properties,
  allowed: Type.Boolean({ description: 'whether the course allows it' }),
})

/** While no gateway runs nothing is known of models, which keeps nobody from the settings of a course. */
function ifNobodyThere(error: unknown): null {
  if (error instanceof NobodyThereError) return null
  throw error
}

/** The models of a course: what gateways offer, and what the course allows of it. */
export const models: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const getCourse = requester(nc, GetCourseCall)
  const listModels = requester(nc, ListModelsCall)

  app.get(
    '/courses/:course/models',
    {
      schema: {
        tags: ['courses'],
        summary:
          'Which models gateways offer, and which of them the course allows; empty while no gateway runs',
        params: CourseParams,
        response: {
          200: Type.Object({
            items: Type.Array(Offered),
            missing: Type.Array(ModelName, { description: 'allowed, but offered by no gateway' }),
          }),
          ...failures,
        },
      },
    },
    async request => {
      const { course: courseId } = request.params
      const [course, offered] = await Promise.all([
        getCourse({ courseId }),
        listModels({}).catch(ifNobodyThere),
      ])
      if (offered === null) return { items: [], missing: [] }
      const { items } = offered
      const names = new Set(items.map(({ name }) => name))
      const isAllowed = (name: string) => course.models.length === 0 || course.models.includes(name)
      return {
        items: items.map(model => ({ ...model, allowed: isAllowed(model.name) })),
        missing: course.models.filter(name => !names.has(name)),
      }
    },
  )
}
