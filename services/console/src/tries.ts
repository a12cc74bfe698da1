import { type StaffEmail, TrySignInCall } from '@lectern/shared/contracts/staff.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { networkOf } from './network.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who tries to sign in, from when it counts as a try; what is refused before, anybody can do without end. */
    tried: string | null
  }
}

/** Somebody who may sign in by a password. */
export interface Account {
  staffId: string
  passwordHash: string
}

/**
 * Takes one try of the address, and of the account; quota counts for all replicas. Throws `too_many_attempts` with the
 * time to wait. Null: nobody by that e-mail, or none was named.
 */
export type TakeTry = (request: FastifyRequest, email?: Static<typeof StaffEmail>) => Promise<Account | null>

export function createTakeTry(nc: NatsConnection): TakeTry {
  const trySignIn = requester(nc, TrySignInCall)
  return async (request, email) => {
    const answer = await trySignIn({
      address: networkOf(request.ip),
      ...(email === undefined ? {} : { email }),
    })
    if (answer.allowed) {
      request.tried = email ?? 'a link'
      return answer.account
    }
    throw new LecternError('too_many_attempts', { retryAfterMs: answer.retryAfterMs })
  }
}
