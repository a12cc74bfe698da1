import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ChangePasswordCall,
  EndSessionCall,
  SignInCall,
  StaffEmail,
} from '@lectern/shared/contracts/staff.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import { personOf } from '../caller.ts'
import { networkOf } from '../network.ts'
import { hashPassword, isPassword } from '../password.ts'
import { closedObject, failures, NewPassword, Password } from '../schemas.ts'
import { SMALL_BODY_BYTES as bodyLimit, SessionAnswer, type SignIn } from '../sign-in.ts'

const tags = ['session']
const open = { tags, security: [] }
const answers = { response: { 200: SessionAnswer, ...failures } }

/** Signing in and out by password, and one's own password. */
export const session: FastifyPluginAsyncTypebox<SignIn> = async (
  app,
  { nc, sessions, takeTry, describe },
) => {
  const signIn = requester(nc, SignInCall)
  const endSession = requester(nc, EndSessionCall)
  const changePassword = requester(nc, ChangePasswordCall)

  app.get(
    '/session',
    { schema: { ...open, summary: 'Who has signed in, and how one signs in', ...answers } },
    async request => describe(await sessions.find(request)),
  )

  app.post(
    '/session',
    {
      bodyLimit,
      schema: {
        ...open,
        summary: 'Sign in by e-mail and password',
        body: closedObject({ email: StaffEmail, password: Password }),
        ...answers,
      },
    },
    async (request, reply) => {
      const { email, password } = request.body
      const account = await takeTry(request, email)
      const isRight = await isPassword(password, account?.passwordHash ?? null)
      if (!account || !isRight) throw new LecternError('wrong_credentials')
      const { session, keep } = sessions.begin(request)
      const entered = await signIn({ ...account, address: networkOf(request.ip), session })
      if (!entered.accepted) throw new LecternError('wrong_credentials')
      return describe(keep(reply, entered.user))
    },
  )

  app.delete(
    '/session',
    { schema: { tags, summary: 'Sign out', response: { 204: Type.Null(), ...failures } } },
    async (request, reply) => {
      await endSession({ hash: personOf(request).hash })
      sessions.forget(reply)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/password',
    {
      bodyLimit,
      schema: {
        tags,
        summary: 'Change your own password; all your other sessions end',
        body: closedObject({ current: Password, password: NewPassword }),
        ...answers,
      },
    },
    async (request, reply) => {
      const { current, password } = request.body
      const { user } = personOf(request)
      const account = await takeTry(request, user.email)
      const isRight = await isPassword(current, account?.passwordHash ?? null)
      const wrong = () =>
        new LecternError('wrong_credentials', { message: 'This is not your password.', param: 'current' })
      if (!account || !isRight || account.staffId !== user.id) throw wrong()
      const passwordHash = await hashPassword(password)
      const { session, keep } = sessions.begin(request)
      const asked = { staffId: user.id, before: account.passwordHash, passwordHash, session }
      const changed = await changePassword({ ...asked, address: networkOf(request.ip) })
      if (!changed.accepted) throw wrong()
      return describe(keep(reply, changed.user))
    },
  )
}
