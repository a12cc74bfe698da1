import { createHash, timingSafeEqual } from 'node:crypto'
import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyInstance } from 'fastify'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Lets only those in who send the staff's token, before anything of a body is read. The digests are compared, in constant
 * time: they have one length whatever was sent, so neither length nor content of the token can be measured.
 */
export function requireToken(app: FastifyInstance, token: string): void {
  const expected = digest(token)
  app.addHook('onRequest', async (request, reply) => {
    const [, given] = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (given !== undefined && timingSafeEqual(digest(given.trim()), expected)) return
    reply.header('www-authenticate', 'Bearer')
    throw new LecternError('unauthorized', {
      message:
        given === undefined
          ? 'Sign in first: send the staff token as `Authorization: Bearer <token>`.'
          : 'This is not the staff token. Ask who runs this Lectern for it.',
    })
  })
}
