import { GetSessionCall, type Identity } from '@lectern/shared/contracts/staff.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { Person } from './caller.ts'
import { createSessionCookie, type SessionCookie } from './session-cookie.ts'
import type { Site } from './site.ts'

/** The staff's sessions. */
export type Sessions = SessionCookie<Identity, Person>

/** A browser whose session has ended sends a handful. */
const MOST_UNKNOWN = 100

export function createSessions(nc: NatsConnection, site: Site): Sessions {
  const getSession = requester(nc, GetSessionCall)
  const cookie = createSessionCookie<Identity, Person>(site, {
    name: site.cookie.name,
    sameSite: 'lax',
    mostUnknown: MOST_UNKNOWN,
    ask: async hash => (await getSession({ hash })).user,
    found: (user, session) => ({ kind: 'person', user, ...session }),
  })
  return {
    ...cookie,
    begin(request) {
      const { session, keep } = cookie.begin(request)
      return {
        session,
        keep(reply, user) {
          const person = keep(reply, user)
          // The audit log asks who it was.
          request.caller = person
          return person
        },
      }
    },
  }
}
