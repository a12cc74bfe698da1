import createClient from 'openapi-fetch'
import type { paths } from '../../generated/api.ts'
import { csrfToken } from './csrf.ts'
import { Problem, toProblem } from './problem.ts'

const CHANGES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** The console's API, typed by its OpenAPI document. Its calls go through `ask`, which throws what is refused. */
export const api = createClient<paths>({ baseUrl: location.origin })

api.use({
  onRequest({ request }) {
    const token = csrfToken()
    if (token && CHANGES.has(request.method)) request.headers.set('x-csrf-token', token)
    return request
  },
  onError: () => new Problem(0, 'network', 'The server cannot be reached.', null, null),
})

/**
 * The data of an answer: `await ask(api.GET('/api/courses'))`. Throws a `Problem` where it was refused or there was none.
 */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (!response.ok) throw toProblem(response, error)
  return data as T
}
