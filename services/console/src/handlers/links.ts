import { randomUUIDv7 } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AcceptInvitationCall,
  CompleteSetupCall,
  StaffEmail,
  StaffName,
} from '@lectern/shared/contracts/staff.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { hashPassword } from '../password.ts'
import { closedObject, failures, LinkSecret, NewPassword } from '../schemas.ts'
import { hashSecret } from '../secret.ts'
import { SMALL_BODY_BYTES as bodyLimit, SessionAnswer, type SignIn } from '../sign-in.ts'

const open = { tags: ['session'], security: [] }
const response = { 200: SessionAnswer, ...failures }

const dead = (advice: string) =>
  new LecternError('wrong_credentials', {
    message: `This link is not valid any more. ${advice}`,
    param: 'token',
  })

/** One-time links: they set a password, and whoever opens them has then signed in. */
export const links: FastifyPluginAsyncTypebox<SignIn> = async (app, { nc, sessions, takeTry, describe }) => {
  const completeSetup = requester(nc, CompleteSetupCall)
  const acceptInvitation = requester(nc, AcceptInvitationCall)

  app.post(
    '/setup',
    {
      bodyLimit,
      schema: {
        ...open,
        summary: 'Become the first admin, by the link in the log',
        body: closedObject({ token: LinkSecret, email: StaffEmail, name: StaffName, password: NewPassword }),
        response,
      },
    },
    async (request, reply) => {
      const { token, email, name, password } = request.body
      await takeTry(request)
      const passwordHash = await hashPassword(password)
      const { session, keep } = sessions.begin(request)
      const who = { staffId: randomUUIDv7(), email, name, passwordHash }
      const entered = await completeSetup({ linkHash: hashSecret(token), ...who, session })
      if (!entered.accepted) {
        throw dead('As long as nobody is admin, a restart of the console prints a new one.')
      }
      return describe(keep(reply, entered.user))
    },
  )

  app.post(
    '/invite',
    {
      bodyLimit,
      schema: {
        ...open,
        summary: 'Accept an invitation, or set a new password, by its link',
        body: closedObject({ token: LinkSecret, password: NewPassword }),
        response,
      },
    },
    async (request, reply) => {
      const { token, password } = request.body
      await takeTry(request)
      const passwordHash = await hashPassword(password)
      const { session, keep } = sessions.begin(request)
      const entered = await acceptInvitation({ linkHash: hashSecret(token), passwordHash, session })
      if (!entered.accepted) throw dead('Ask whoever sent it for a new one.')
      return describe(keep(reply, entered.user))
    },
  )
}
