import { FindStudentSessionCall, type Me } from '@lectern/shared/contracts/me.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { FastifyRequest } from 'fastify'
import { createSessionCookie, type SessionCookie, type SessionSecret } from './session-cookie.ts'
import type { Site } from './site.ts'

/** A student who has signed in with their key: who they are comes from here, never from what they send. */
export interface SignedInStudent extends SessionSecret {
  me: Me
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null: nobody, or no student was asked for. */
    student: SignedInStudent | null
  }
}

/** Students' sessions. */
export type StudentSessions = SessionCookie<Me, SignedInStudent>

/** A lecture hall shares an address, and last week's sessions have all ended as the lecture begins. */
const MOST_UNKNOWN = 1000

export function createStudentSessions(nc: NatsConnection, site: Site): StudentSessions {
  const findSession = requester(nc, FindStudentSessionCall)
  return createSessionCookie<Me, SignedInStudent>(site, {
    name: `${site.cookie.name}-student`,
    // No link from elsewhere leads into the page: whoever follows one is not signed in on the first view.
    sameSite: 'strict',
    mostUnknown: MOST_UNKNOWN,
    ask: async hash => (await findSession({ hash })).me,
    found: (me, session) => ({ me, ...session }),
  })
}

/** The student who asks, on a route whose line in `permissions.ts` lets in nobody else. */
export function studentOf({ student }: FastifyRequest): SignedInStudent {
  if (!student) throw signInFirst()
  return student
}

export function signInFirst(): LecternError {
  return new LecternError('unauthorized', { message: 'Sign in with your key first.' })
}
