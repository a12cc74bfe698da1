import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CourseRole, ListRolesCall, PutRoleCall, RemoveRoleCall } from '@lectern/shared/contracts/staff.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { CourseParams, CourseStaffParams, closedObject, failures } from '../schemas.ts'

const { items: Members } = ListRolesCall.reply.properties
const tags = ['staff']

/** The roles in a course, by its owners: kept by the quota service. */
export const courseStaff: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const listRoles = requester(nc, ListRolesCall)
  const putRole = requester(nc, PutRoleCall)
  const removeRole = requester(nc, RemoveRoleCall)

  app.get(
    '/courses/:course/staff',
    {
      schema: {
        tags,
        summary: 'Who owns and who assists in a course',
        params: CourseParams,
        response: { 200: Type.Object({ items: Members }), ...failures },
      },
    },
    async request => listRoles({ courseId: request.params.course }),
  )

  app.put(
    '/courses/:course/staff/:id',
    {
      schema: {
        tags,
        summary: 'Give somebody a role in a course, or another one',
        params: CourseStaffParams,
        body: closedObject({ role: CourseRole }),
        response: { 200: Members.items, ...failures },
      },
    },
    async request => {
      const { course, id: staffId } = request.params
      const { role } = request.body
      // The roles in other courses are not theirs to know who own this one.
      const { id, email, name, disabled } = await putRole({ courseId: course, staffId, role })
      return { id, email, name, role, disabled }
    },
  )

  app.delete(
    '/courses/:course/staff/:id',
    {
      schema: {
        tags,
        summary: 'Take the role in a course from somebody',
        params: CourseStaffParams,
        response: { 204: Type.Null(), ...failures },
      },
    },
    async (request, reply) => {
      await removeRole({ courseId: request.params.course, staffId: request.params.id })
      return reply.code(204).send(null)
    },
  )
}
