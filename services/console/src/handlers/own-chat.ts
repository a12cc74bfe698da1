import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ModelName } from '@lectern/shared/contracts/fields.ts'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { createGateway } from '../gateway.ts'
import { closedObject, failures } from '../schemas.ts'
import { createSessionKeys } from '../session-keys.ts'
import { studentOf } from '../student-sessions.ts'
import type { OwnPage } from './me.ts'

const tags = ['me']
const security = [{ student: [] }]
/** A chat to try it, not a client: long texts and pictures are for the gateway itself. */
const bodyLimit = 512 * 1024
const Message = closedObject({
  role: Type.Enum(['user', 'assistant']),
  content: Type.String({ minLength: 1, maxLength: 100_000 }),
})
/** A list of names: it comes at once, or not. */
const MODELS_TIMEOUT_MS = 3000
/** Of the gateway's answer; everything else is the console's own, or none of a page's. */
const PASSED = ['content-type', 'retry-after', 'x-should-retry', 'x-request-id']

/** Ready-to-paste settings, and a chat to try it: a request at the gateway like any other of the student. */
export const ownChat: FastifyPluginAsyncTypebox<OwnPage> = async (app, { nc, clock, gateway: where }) => {
  const gateway = createGateway(where.internalUrl ?? where.publicUrl, createSessionKeys(nc, clock))

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
      const models = await gateway
        .ask(student, '/v1/models', { signal })
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
      bodyLimit,
      schema: {
        ...{ tags, security, summary: 'Chat to try it: streams as the gateway does, from the same budget' },
        body: closedObject({
          model: ModelName,
          messages: Type.Array(Message, { minItems: 1, maxItems: 200 }),
        }),
        response: {
          200: {
            description: 'Server-sent events, as of /v1/chat/completions.',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
          ...failures,
        },
      },
    },
    async (request, reply) => {
      const { model, messages } = request.body
      const left = new AbortController()
      // Whoever leaves ends it: the gateway aborts the provider and charges for what came (P5).
      reply.raw.once('close', () => left.abort())
      const answer = await gateway.ask(studentOf(request), '/v1/chat/completions', {
        body: { model, messages, stream: true },
        signal: left.signal,
      })
      return pass(answer, reply)
    },
  )
}

/** Hands an answer on as it comes, and no faster than it is read. */
function pass(answer: Response, reply: FastifyReply): FastifyReply {
  for (const name of PASSED) {
    const value = answer.headers.get(name)
    if (value !== null) reply.header(name, value)
  }
  const body = answer.body ? Readable.fromWeb(answer.body as ReadableStream) : ''
  return reply.code(answer.status).send(body)
}
