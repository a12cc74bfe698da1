import { randomUUIDv7 } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  CourseRole,
  InviteToCourseCall,
  ListRolesCall,
  PutRoleCall,
  RemoveRoleCall,
  StaffEmail,
  type StaffMember,
  StaffName,
} from '@lectern/shared/contracts/staff.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { CourseParams, CourseStaffParams, closedObject, failures } from '../schemas.ts'
import { newSecret } from '../secret.ts'

const { items: Members } = ListRolesCall.reply.properties
const Brought = Type.Object({
  ...Members.items.properties,
  inviteUrl: Type.Union([Type.String(), Type.Null()], {
    description: 'shown this once; null: they are of the staff already',
  }),
})
const tags = ['staff']

/** The roles in other courses are not theirs to know who own this one. */
const inCourse = ({ id, email, name, disabled }: StaffMember, role: CourseRole) => ({
  id,
  email,
  name,
  role,
  disabled,
})

/** The roles in a course, by its owners: kept by the quota service. */
export const courseStaff: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc, site }) => {
  const listRoles = requester(nc, ListRolesCall)
  const inviteToCourse = requester(nc, InviteToCourseCall)
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

  app.post(
    '/courses/:course/staff',
    {
      schema: {
        tags,
        summary: 'Bring somebody into a course by their e-mail; who is new gets a link',
        params: CourseParams,
        body: closedObject({ email: StaffEmail, name: StaffName, role: CourseRole }),
        response: { 201: Brought, ...failures },
      },
    },
    async (request, reply) => {
      const { text, hash: linkHash } = newSecret()
      const asked = { courseId: request.params.course, staffId: randomUUIDv7(), ...request.body }
      const { member, invited } = await inviteToCourse({ ...asked, linkHash })
      const inviteUrl = invited ? site.linkTo(request, `/invite#${text}`) : null
      return reply.code(201).send({ ...inCourse(member, request.body.role), inviteUrl })
    },
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
      return inCourse(await putRole({ courseId: course, staffId, role }), role)
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
