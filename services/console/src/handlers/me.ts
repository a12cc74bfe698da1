import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Clock } from '@lectern/shared/clock.ts'
import { StudentBalanceCall } from '@lectern/shared/contracts/budget.ts'
import {
  EndStudentSessionCall,
  Me,
  OpenStudentSessionCall,
  RotateOwnKeyCall,
  UseByDayCall,
} from '@lectern/shared/contracts/me.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { hashKey, isWellFormedKey } from '@lectern/shared/keys.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { type Static, Type } from 'typebox'
import type { GatewayAddress } from '../gateway.ts'
import { mintFor } from '../minting.ts'
import { networkOf } from '../network.ts'
import { closedObject, failures } from '../schemas.ts'
import { csrfTokenOf } from '../session-cookie.ts'
import { type SignedInStudent, type StudentSessions, signInFirst, studentOf } from '../student-sessions.ts'

/** What the handlers of the students' page share. */
export interface OwnPage {
  nc: NatsConnection
  clock: Clock
  sessions: StudentSessions
  gateway: GatewayAddress
}

const tags = ['me']
const security = [{ student: [] }]
const bodyLimit = 16 * 1024
const MeAnswer = Type.Object({
  session: Type.Union([
    Type.Object({
      ...Me.properties,
      csrf: Type.String({ description: 'sent back as `x-csrf-token` with each change' }),
    }),
    Type.Null(),
  ]),
})
const OwnBalance = Type.Object({
  week: Type.Integer(),
  granted: Type.Integer(),
  used: Type.Integer(),
  held: Type.Integer({ description: 'of requests that still run' }),
  left: Type.Integer(),
  resetsAt: Type.String(),
  models: Type.Array(Type.String()),
})
const { days } = UseByDayCall.request.properties

const answerOf = (student: SignedInStudent | null): Static<typeof MeAnswer> => ({
  session: student && { ...student.me, csrf: csrfTokenOf(student) },
})

/** Students' own page: whose it is comes from the session, never from what is sent. Answered by the quota service. */
export const me: FastifyPluginAsyncTypebox<OwnPage> = async (app, { nc, sessions }) => {
  const openSession = requester(nc, OpenStudentSessionCall)
  const endSession = requester(nc, EndStudentSessionCall)
  const rotateKey = requester(nc, RotateOwnKeyCall)
  const balance = requester(nc, StudentBalanceCall)
  const useByDay = requester(nc, UseByDayCall)
  const meAnswers = { response: { 200: MeAnswer, ...failures } }

  app.get(
    '/me',
    { schema: { tags, security: [], summary: 'Which student has signed in, if any', ...meAnswers } },
    async request => answerOf(await sessions.find(request)),
  )

  app.post(
    '/me/session',
    {
      bodyLimit,
      schema: {
        ...{ tags, security: [], summary: 'Sign in with a key; it is kept nowhere' },
        body: closedObject({ key: Type.String({ minLength: 1, maxLength: 200 }) }),
        ...meAnswers,
      },
    },
    async (request, reply) => {
      const key = request.body.key.trim()
      // What cannot be a key is refused without asking anybody (P10).
      if (!isWellFormedKey(key)) throw new LecternError('invalid_api_key', { param: 'key' })
      const { session, keep } = sessions.begin(request)
      const opened = await openSession({ address: networkOf(request.ip), keyHash: hashKey(key), session })
      if (opened.opened) return answerOf(keep(reply, opened.me))
      const { retryAfterMs } = opened
      if (retryAfterMs === null) throw new LecternError('invalid_api_key', { param: 'key' })
      throw new LecternError('too_many_attempts', { retryAfterMs })
    },
  )

  app.delete(
    '/me/session',
    { schema: { tags, security, summary: 'Sign out', response: { 204: Type.Null(), ...failures } } },
    async (request, reply) => {
      await endSession({ hash: studentOf(request).hash })
      sessions.forget(reply)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/me/balance',
    {
      schema: {
        ...{ tags, security, summary: 'What is left of the running week' },
        response: { 200: OwnBalance, ...failures },
      },
    },
    async request => {
      const { student, course } = studentOf(request).me
      const { week, granted, used, held, remaining, resetsAtMs } = await balance({
        studentId: student.id,
        week: null,
      })
      const resetsAt = new Date(resetsAtMs).toISOString()
      return { week, granted, used, held, left: remaining, resetsAt, models: course.models }
    },
  )

  app.get(
    '/me/use',
    {
      schema: {
        ...{ tags, security, summary: 'What was used, by day' },
        querystring: closedObject({ days: { ...days, default: 30 } }),
        response: { 200: UseByDayCall.reply, ...failures },
      },
    },
    async request => useByDay({ studentId: studentOf(request).me.student.id, days: request.query.days }),
  )

  app.post(
    '/me/key',
    {
      schema: {
        ...{ tags, security, summary: 'Replace the key: the old one ends as the new one begins' },
        response: {
          201: Type.Object({
            id: Type.String(),
            key: Type.String({ description: 'shown this once, stored nowhere' }),
          }),
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { me, hash } = studentOf(request)
      const { text, stored } = mintFor(me.course.id)
      const rotated = await rotateKey({ hash, key: stored })
      if (!rotated.rotated) throw signInFirst()
      return reply.code(201).send({ id: rotated.key.id, key: text })
    },
  )
}
