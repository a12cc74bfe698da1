import { randomUUIDv7 } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CourseId } from '@lectern/shared/contracts/fields.ts'
import {
  CourseRole,
  InviteStaffCall,
  ListStaffCall,
  RenewLinkCall,
  StaffEmail,
  StaffMember,
  StaffName,
  UpdateStaffCall,
} from '@lectern/shared/contracts/staff.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { closedObject, failures, PageOnly, pageOf, StaffParams } from '../schemas.ts'
import { newSecret } from '../secret.ts'

const Invited = Type.Object({
  ...StaffMember.properties,
  inviteUrl: Type.String({ description: 'shown this once: it sets a password, once, within seven days' }),
})
const tags = ['staff']

/** The staff, by those who are admins: kept by the quota service. */
export const staff: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc, site }) => {
  const listStaff = requester(nc, ListStaffCall)
  const invite = requester(nc, InviteStaffCall)
  const renewLink = requester(nc, RenewLinkCall)
  const update = requester(nc, UpdateStaffCall)

  app.get(
    '/staff',
    {
      schema: {
        tags,
        summary: 'List the staff',
        querystring: PageOnly,
        response: { 200: pageOf(StaffMember), ...failures },
      },
    },
    async request => listStaff(request.query),
  )

  app.post(
    '/staff',
    {
      schema: {
        tags,
        summary: 'Invite somebody; answers the link to be sent to them',
        body: closedObject({
          email: StaffEmail,
          name: StaffName,
          isAdmin: Type.Boolean({ default: false }),
          courses: Type.Array(closedObject({ id: CourseId, role: CourseRole }), {
            maxItems: 200,
            default: [],
          }),
        }),
        response: { 201: Invited, ...failures },
      },
    },
    async (request, reply) => {
      const { text, hash } = newSecret()
      const member = await invite({ staffId: randomUUIDv7(), ...request.body, linkHash: hash })
      return reply.code(201).send({ ...member, inviteUrl: site.linkTo(request, `/invite#${text}`) })
    },
  )

  app.post(
    '/staff/:id/invite',
    {
      schema: {
        tags,
        summary: 'A new link for somebody: for a lost invitation or a forgotten password',
        params: StaffParams,
        response: { 201: Invited, ...failures },
      },
    },
    async (request, reply) => {
      const { text, hash } = newSecret()
      const member = await renewLink({ staffId: request.params.id, linkHash: hash })
      return reply.code(201).send({ ...member, inviteUrl: site.linkTo(request, `/invite#${text}`) })
    },
  )

  app.patch(
    '/staff/:id',
    {
      schema: {
        tags,
        summary: 'Change somebody: only what is named. Who is disabled is signed out at once',
        params: StaffParams,
        body: {
          ...closedObject({
            name: Type.Optional(StaffName),
            isAdmin: Type.Optional(Type.Boolean()),
            disabled: Type.Optional(Type.Boolean()),
          }),
          minProperties: 1,
        },
        response: { 200: StaffMember, ...failures },
      },
    },
    async request => update({ staffId: request.params.id, patch: request.body }),
  )
}
