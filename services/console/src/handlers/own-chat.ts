import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CHAT, CHAT_BODY_LIMIT_BYTES, CHAT_STREAM } from '../chat.ts'
import { createAskGateway, leavingOf, pass } from '../gateway.ts'
import { closedObject, failures } from '../schemas.ts'
import { asStudent, createSessionKeys } from '../session-keys.ts'
import { studentOf } from '../student-sessions.ts'
import type { OwnPage } from './me.ts'

const tags = ['me']
const security = [{ student: [] }]
/** A list of names: it comes at once, or not. */
const MODELS_TIMEOUT_MS = 3000

/** Ready-to-paste settings, and a chat to try it: a request at the gateway like any other of the student. */
export const ownChat: FastifyPluginAsyncTypebox<OwnPage> = async (app, { nc, clock, gateway: where }) => {
  const ask = asStudent(createAskGateway(where), createSessionKeys(nc, clock))

  app.get(
    '/me/settings',
    {
      schema: {
        ...{ tags, security, summary: 'What a client needs beside the key' },
        response: {
          200: Type.Object({
            baseUrl: Type.Union([Type.String(), Type.Null()], { description: 'null: ask your course staff' }),
            models: Type.Array(Type.String()),
            keyHint: Type.String({ description: 'the first characters of your key' }),
          }),
          ...failures,
        },
      },
    },
    async request => {
      const student = studentOf(request)
      const { course, key } = student.me
      const signal = AbortSignal.timeout(MODELS_TIMEOUT_MS)
      const models = await ask(student, { path: '/v1/models', signal })
        .then(async answer => ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id))
        .catch((err: unknown) => {
          request.log.warn({ err }, 'the gateway did not say which models there are')
          return course.models
        })
      const baseUrl = where.publicUrl === undefined ? null : new URL('/v1', where.publicUrl).href
      return { baseUrl, models, keyHint: key.hint }
    },
  )

  app.post(
    '/me/chat',
    {
      bodyLimit: CHAT_BODY_LIMIT_BYTES,
      schema: {
        ...{ tags, security, summary: 'Chat to try it: streams as the gateway does, from the same budget' },
        body: closedObject(CHAT),
        response: { 200: CHAT_STREAM, ...failures },
      },
    },
    async (request, reply) => {
      const { model, messages } = request.body
      const answer = await ask(studentOf(request), {
        path: '/v1/chat/completions',
        body: { model, messages, stream: true },
        signal: leavingOf(reply),
      })
      return pass(answer, reply)
    },
  )
}
