import { randomUUIDv7 } from 'node:crypto'
import { AppendAuditCall, type NewAuditEntry } from '@lectern/shared/contracts/audit.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { askingTwice, requester } from '@lectern/shared/nats/requester.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { detailsOf, storable, subjectOf } from '../audited.ts'
import type { Permission } from '../permissions.ts'
import { permissionOf } from './auth.ts'

/** As the contract has it; what a provider calls an e-mail has no bound of its own. */
const LONGEST_ACTOR = 320

declare module 'fastify' {
  interface FastifyRequest {
    /** Its entry in the audit log was written before it was done. */
    audited: boolean
  }
}

/**
 * Writes into the audit log what `permissions.ts` names, before it is done: where that cannot be written, nothing is done
 * and nothing is read. A failure is a second entry. Who signs in is known afterwards, so a sign-in is written then, before the
 * cookie is given out.
 */
export function auditRequests(app: FastifyInstance, nc: NatsConnection): void {
  // The same entry twice is one.
  const append = askingTwice(requester(nc, AppendAuditCall))
  const write = async (
    request: FastifyRequest,
    part: Pick<NewAuditEntry, 'action' | 'outcome' | 'details'>,
  ) => {
    await append({ ...entryOf(request), ...part }).catch((cause: unknown) => {
      throw new LecternError('service_unavailable', { retryAfterMs: 1000, cause })
    })
  }
  app.decorateRequest('audited', false)
  app.decorateRequest('tried', null)

  app.addHook('preHandler', async request => {
    const { level, audit: action } = permissionOfRequest(request)
    if (action === undefined || level === 'anyone') return
    await write(request, { action, outcome: 'started', details: detailsOf(request.query, request.body) })
    request.audited = true
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const { audit: action } = permissionOfRequest(request)
    const { statusCode: status } = reply
    if (action === undefined) return payload
    if (request.audited && status >= 400) {
      const failed = write(request, { action, outcome: 'failed', details: { status } })
      await failed.catch((err: unknown) => request.log.error({ err, action }, 'a failure was not audited'))
    } else if (request.tried !== null && !request.audited) await writeSignIn(request, reply, action)
    return payload
  })

  async function writeSignIn(request: FastifyRequest, reply: FastifyReply, action: string): Promise<void> {
    const outcome = request.caller ? 'done' : 'failed'
    try {
      await write(request, { action, outcome, details: detailsOf(undefined, request.body) })
    } catch (error) {
      reply.removeHeader('set-cookie')
      // The answer to this failure comes by here again.
      request.tried = null
      throw error
    }
  }
}

function permissionOfRequest({ method, routeOptions: { url } }: FastifyRequest): Permission {
  return url === undefined ? { level: 'anyone' } : permissionOf(method, url)
}

function entryOf(request: FastifyRequest): Omit<NewAuditEntry, 'action' | 'outcome' | 'details'> {
  const { id: requestId, ip: address, caller, courseId, params, tried } = request
  return {
    id: randomUUIDv7(),
    ...(caller?.kind === 'person'
      ? { actor: caller.user.email, actorId: caller.user.id }
      : {
          actor: caller ? 'token' : storable((tried ?? 'unknown').slice(0, LONGEST_ACTOR)),
          actorId: null,
        }),
    address,
    courseId,
    subject: subjectOf(params),
    requestId,
  }
}
