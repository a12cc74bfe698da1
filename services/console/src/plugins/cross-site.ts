import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyRequest } from 'fastify'
import { isSame } from '../secret.ts'
import { csrfTokenOf } from '../session-cookie.ts'
import { isFromOwnPages, type Site } from '../site.ts'

export type RefuseForeignPages = (request: FastifyRequest) => void

export const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * A browser sends the cookie wherever a request comes from, so for a change by cookie a page must prove that it is ours: by where
 * the browser says that it comes from, and by the session's own token, which no foreign page can read. A script with the
 * staff's token is judged by that alone, and needs neither. Signing in changes whose cookie there is: not from a foreign page, either.
 */
export function foreignPageRefusal(site: Site): RefuseForeignPages {
  return request => {
    const { method, caller, student, headers } = request
    // A student is known by the cookie whatever the header says, so it excuses nobody.
    if (READING.has(method) || (headers.authorization !== undefined && !student)) return
    if (site.originOf(request) === null) {
      throw new LecternError('forbidden', {
        message: 'People sign in at this address only where CONSOLE_URL names it. Ask who runs this Lectern.',
      })
    }
    const own = isFromOwnPages(site, request)
    if (own === false || ((caller || student) && own === null)) {
      throw new LecternError('forbidden', {
        message: "This request does not come from the console's own pages.",
      })
    }
    const session = caller?.kind === 'person' ? caller : student
    if (!session) return
    const { 'x-csrf-token': token } = headers
    if (typeof token === 'string' && isSame(token, csrfTokenOf(session))) return
    const where = student ? 'GET /api/me' : 'GET /api/session'
    throw new LecternError('forbidden', {
      message: `The header x-csrf-token is missing or of another session: it is \`csrf\` of ${where}.`,
    })
  }
}
