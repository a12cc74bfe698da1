import { FindStudentSessionCall, type Me } from '@lectern/shared/contracts/me.ts'
import type { NewSession } from '@lectern/shared/contracts/staff.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hashSecret, newSecret } from './secret.ts'
import type { Site } from './site.ts'

/** A student who has signed in with their key: who they are comes from here, never from what they send. */
export interface SignedInStudent {
  me: Me
  /** What is in the cookie. */
  secret: string
  /** By which quota knows the session. */
  hash: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null: nobody, or no student was asked for. */
    student: SignedInStudent | null
  }
}

/** The cookie's side of students' sessions, as `sessions.ts` is of the staff's. */
export interface StudentSessions {
  find(request: FastifyRequest): Promise<SignedInStudent | null>
  /** A new session that takes the place of the one in the cookie; `keep` gives it to the browser once quota knows it. */
  begin(request: FastifyRequest): { session: NewSession; keep(reply: FastifyReply, me: Me): SignedInStudent }
  forget(reply: FastifyReply): void
}

/** 43 characters of base64url; anything else was never given out. */
const SHAPE = /^[\w-]{43}$/

export function createStudentSessions(nc: NatsConnection, { cookie }: Site): StudentSessions {
  const findSession = requester(nc, FindStudentSessionCall)
  const name = `${cookie.name}-student`
  // No link from elsewhere leads into the page: whoever follows one is not signed in on the first view.
  const attributes = { path: '/', httpOnly: true, secure: cookie.secure, sameSite: 'strict' as const }
  const secretOf = ({ cookies }: FastifyRequest) => {
    const text = cookies[name]
    return text !== undefined && SHAPE.test(text) ? text : undefined
  }
  return {
    async find(request) {
      const secret = secretOf(request)
      if (secret === undefined) return null
      const hash = hashSecret(secret)
      const { me } = await findSession({ hash })
      return me && { me, secret, hash }
    },
    begin(request) {
      const { text: secret, hash } = newSecret()
      const before = secretOf(request)
      return {
        session: { hash, ...(before === undefined ? {} : { replaces: hashSecret(before) }) },
        keep(reply, me) {
          reply.setCookie(name, secret, attributes)
          return { me, secret, hash }
        },
      }
    },
    forget(reply) {
      reply.clearCookie(name, attributes)
    },
  }
}

/** The student who asks, on a route whose line in `permissions.ts` lets in nobody else. */
export function studentOf({ student }: FastifyRequest): SignedInStudent {
  if (!student) throw signInFirst()
  return student
}

export function signInFirst(): LecternError {
  return new LecternError('unauthorized', { message: 'Sign in with your key first.' })
}
