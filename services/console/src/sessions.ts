import { createHash } from 'node:crypto'
import { GetSessionCall, type Identity, type NewSession } from '@lectern/shared/contracts/staff.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Person } from './caller.ts'
import { networkOf } from './network.ts'
import { hashSecret, newSecret } from './secret.ts'
import type { Site } from './site.ts'
import { createUnknownSessions } from './unknown-sessions.ts'

/** The cookie's side of the sessions that quota keeps: what is in the cookie stays in it, and only its hash goes further. */
export interface Sessions {
  /** Who has signed in, by the cookie; null: nobody. */
  find(request: FastifyRequest): Promise<Person | null>
  /** A new session that takes the place of the one in the cookie; `keep` gives it to the browser once quota knows it. */
  begin(request: FastifyRequest): { session: NewSession; keep(reply: FastifyReply, user: Identity): Person }
  forget(reply: FastifyReply): void
}

/** 43 characters of base64url; anything else was never given out. */
const SHAPE = /^[\w-]{43}$/

export function createSessions(nc: NatsConnection, { cookie: { name, secure } }: Site): Sessions {
  const getSession = requester(nc, GetSessionCall)
  const unknown = createUnknownSessions()
  const attributes = { path: '/', httpOnly: true, secure, sameSite: 'lax' as const }
  const secretOf = ({ cookies }: FastifyRequest) => {
    const text = cookies[name]
    return text !== undefined && SHAPE.test(text) ? text : undefined
  }
  return {
    async find(request) {
      const secret = secretOf(request)
      if (secret === undefined) return null
      const [hash, address] = [hashSecret(secret), networkOf(request.ip)]
      unknown.check(hash, address)
      const { user } = await getSession({ hash })
      unknown.found(hash, address, user !== null)
      return user && { kind: 'person', user, secret }
    },
    begin(request) {
      const { text: secret, hash } = newSecret()
      const before = secretOf(request)
      return {
        session: { hash, ...(before === undefined ? {} : { replaces: hashSecret(before) }) },
        keep(reply, user) {
          reply.setCookie(name, secret, attributes)
          unknown.found(hash, networkOf(request.ip), true)
          const person: Person = { kind: 'person', user, secret }
          request.caller = person
          return person
        },
      }
    },
    forget(reply) {
      reply.clearCookie(name, attributes)
    },
  }
}

/** What a page sends back as `x-csrf-token`: made from the session's secret, so it is bound to it and needs no place of its own. */
export function csrfTokenOf({ secret }: { secret: string }): string {
  return createHash('sha256').update(`csrf of ${secret}`).digest('base64url')
}
