import { createHash } from 'node:crypto'
import type { NewSession } from '@lectern/shared/contracts/staff.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from './network.ts'
import { hashSecret, newSecret } from './secret.ts'
import type { Site } from './site.ts'
import { createUnknownSessions } from './unknown-sessions.ts'

/** What is in a cookie stays in it, and only its hash goes further: by that quota knows the session. */
export interface SessionSecret {
  secret: string
  hash: string
}

/** The cookie's side of the sessions that quota keeps. `Owner`: as quota answers; `Found`: the same with the session. */
export interface SessionCookie<Owner, Found> {
  /** Who has signed in, by the cookie; null: nobody. Throws `too_many_attempts` for an address that makes them up. */
  find(request: FastifyRequest): Promise<Found | null>
  /** A new session that takes the place of the one in the cookie; `keep` gives it to the browser once quota knows it. */
  begin(request: FastifyRequest): { session: NewSession; keep(reply: FastifyReply, owner: Owner): Found }
  forget(reply: FastifyReply): void
}

/** 43 characters of base64url; anything else was never given out. */
const SHAPE = /^[\w-]{43}$/

export function createSessionCookie<Owner, Found>(
  { cookie: { secure } }: Site,
  {
    name,
    sameSite,
    mostUnknown,
    ask,
    found,
  }: {
    name: string
    sameSite: 'lax' | 'strict'
    /** Sessions that nobody has, of an address in a minute. */
    mostUnknown: number
    /** Whose it is; null: nobody's. */
    ask(hash: string): Promise<Owner | null>
    found(owner: Owner, session: SessionSecret): Found
  },
): SessionCookie<Owner, Found> {
  const unknown = createUnknownSessions(mostUnknown)
  const attributes = { path: '/', httpOnly: true, secure, sameSite }
  const given = ({ cookies }: FastifyRequest): SessionSecret | null => {
    const secret = cookies[name]
    return secret !== undefined && SHAPE.test(secret) ? { secret, hash: hashSecret(secret) } : null
  }
  return {
    async find(request) {
      const session = given(request)
      if (!session) return null
      const address = networkOf(request.ip)
      unknown.check(session.hash, address)
      const owner = await ask(session.hash)
      unknown.found(session.hash, address, owner !== null)
      return owner && found(owner, session)
    },
    begin(request) {
      const { text: secret, hash } = newSecret()
      const before = given(request)
      return {
        session: { hash, ...(before && { replaces: before.hash }) },
        keep(reply, owner) {
          reply.setCookie(name, secret, attributes)
          unknown.found(hash, networkOf(request.ip), true)
          return found(owner, { secret, hash })
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
