import { Identity, OfferSetupCall } from '@lectern/shared/contracts/staff.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { type Static, Type } from 'typebox'
import type { Person } from './caller.ts'
import { csrfTokenOf } from './session-cookie.ts'
import type { Sessions } from './sessions.ts'
import type { TakeTry } from './tries.ts'

/** Who has signed in, and how one may. */
export const SessionAnswer = Type.Object({
  user: Type.Union([Identity, Type.Null()]),
  csrf: Type.Union([Type.String(), Type.Null()], {
    description: 'sent back as `x-csrf-token` with each change',
  }),
  signIn: Type.Object({
    local: Type.Literal(true),
    oidc: Type.Union([Type.Object({ name: Type.String() }), Type.Null()]),
  }),
  needsSetup: Type.Boolean({ description: 'nobody can sign in as admin yet' }),
})

/** Whoever sends it has not signed in yet: it is small. */
export const SMALL_BODY_BYTES = 16 * 1024

/** What every way in needs. */
export interface SignIn {
  nc: NatsConnection
  sessions: Sessions
  takeTry: TakeTry
  describe(person: Person | null): Promise<Static<typeof SessionAnswer>>
}

export function createDescribe(nc: NatsConnection, oidc: { name: string } | null): SignIn['describe'] {
  const offerSetup = requester(nc, OfferSetupCall)
  // Once there is an admin, there always is one.
  let isSetUp = false
  const needsSetup = async () => {
    if (!isSetUp) isSetUp = !(await offerSetup({})).needed
    return !isSetUp
  }
  return async person => ({
    user: person?.user ?? null,
    csrf: person && csrfTokenOf(person),
    signIn: { local: true, oidc: oidc && { name: oidc.name } },
    needsSetup: person ? false : await needsSetup(),
  })
}
