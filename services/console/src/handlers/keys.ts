import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  CreateKeyCall,
  GetKeyCall,
  GetStudentCall,
  Key,
  RevokeKeyCall,
  RotateKeyCall,
} from '@lectern/shared/contracts/courses.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { Type } from 'typebox'
import type { HandlerOptions } from '../app.ts'
import { mintFor } from '../minting.ts'
import { failures, KeyParams, StudentParams } from '../schemas.ts'

const ShownKey = Type.Object({
  id: Type.String(),
  key: Type.String({ description: 'shown this once, stored nowhere' }),
})
const tags = ['keys']

/** Students' keys: made here, so that only their hash goes over the bus (P10); kept by the quota service. */
export const keys: FastifyPluginAsyncTypebox<HandlerOptions> = async (app, { nc }) => {
  const getStudent = requester(nc, GetStudentCall)
  const getKey = requester(nc, GetKeyCall)
  const createKey = requester(nc, CreateKeyCall)
  const rotateKey = requester(nc, RotateKeyCall)
  const revokeKey = requester(nc, RevokeKeyCall)

  app.post(
    '/students/:student/keys',
    {
      schema: {
        tags,
        summary: 'Make one more key for a student',
        params: StudentParams,
        response: { 201: ShownKey, ...failures },
      },
    },
    async (request, reply) => {
      const { student: studentId } = request.params
      const { courseId } = await getStudent({ studentId })
      const { text, stored } = mintFor(courseId)
      const { id } = await createKey({ studentId, key: stored })
      return reply.code(201).send({ id, key: text })
    },
  )

  app.post(
    '/keys/:key/rotate',
    {
      schema: {
        tags,
        summary: 'Replace a key: the old one ends as the new one begins',
        params: KeyParams,
        response: { 201: ShownKey, ...failures },
      },
    },
    async (request, reply) => {
      const { key: keyId } = request.params
      const { courseId } = await getKey({ keyId })
      const { text, stored } = mintFor(courseId)
      const { id } = await rotateKey({ keyId, key: stored })
      return reply.code(201).send({ id, key: text })
    },
  )

  app.delete(
    '/keys/:key',
    { schema: { tags, summary: 'Revoke a key', params: KeyParams, response: { 200: Key, ...failures } } },
    async request => revokeKey({ keyId: request.params.key }),
  )
}
