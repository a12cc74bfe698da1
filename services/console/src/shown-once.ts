import type { GetKeyCall } from '@lectern/shared/contracts/courses.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { type Ask, NoAnswerError } from '@lectern/shared/nats/requester.ts'
import type { FastifyReply } from 'fastify'

/** A key is shown in one answer: what follows from that where an answer may be lost. */

/** Nobody is left to see a new key: better no student than one without a key. */
export function refuseIfLeft({ raw }: FastifyReply): void {
  if (raw.destroyed) throw new LecternError('invalid_request', { message: 'The client left.' })
}

/**
 * An answer of quota that was lost does not mean that nothing was stored, and the keys can be shown only now. An import is
 * all or nothing, so its first key tells; without one, the same import can simply be sent again. Throws any other error as it is.
 */
export async function storedAnyway<T>(
  error: unknown,
  {
    keyId,
    stored,
    otherwise,
    getKey,
  }: {
    /** Of the first new key; undefined: there is none. */
    keyId: string | undefined
    /** What the answer would have been. */
    stored: T
    /** What is said where nobody knows. */
    otherwise: string
    getKey: Ask<typeof GetKeyCall>
  },
): Promise<T> {
  if (!(error instanceof NoAnswerError) || keyId === undefined) throw error
  if (await getKey({ keyId }).catch(() => null)) return stored
  throw new LecternError('service_unavailable', { message: otherwise, retryAfterMs: 5000, cause: error })
}
