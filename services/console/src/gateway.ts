import { LecternError } from '@lectern/shared/errors.ts'
import type { SessionKeys } from './session-keys.ts'
import type { SignedInStudent } from './student-sessions.ts'

/** The gateway as a student's own client would ask it: with a key of theirs, so that nothing goes around their budget. */
export interface Gateway {
  ask(
    student: SignedInStudent,
    path: string,
    init: { body?: unknown; signal: AbortSignal },
  ): Promise<Response>
}

export function createGateway(baseUrl: string | undefined, keys: SessionKeys): Gateway {
  const send = async (
    key: string,
    path: string,
    { body, signal }: { body?: unknown; signal: AbortSignal },
  ) => {
    try {
      return await fetch(new URL(path, baseUrl), {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal,
      })
    } catch (cause) {
      throw new LecternError('service_unavailable', { retryAfterMs: 1000, cause })
    }
  }
  return {
    async ask(student, path, init) {
      if (baseUrl === undefined) {
        throw new LecternError('service_unavailable', {
          message: 'The console does not know the gateway: whoever runs this Lectern sets GATEWAY_URL.',
        })
      }
      const first = await send(await keys.of(student), path, init)
      if (first.status !== 401) return first
      // Revoked or replaced meanwhile, at another replica: whoever is still signed in gets another one.
      await first.body?.cancel()
      keys.forget(student)
      return send(await keys.of(student), path, init)
    },
  }
}
