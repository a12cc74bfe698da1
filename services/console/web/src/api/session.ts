import { Problem, toProblem } from './problem.ts'

/** A course in which somebody works, and as what. */
export interface Membership {
  id: string
  name: string
  role: 'owner' | 'assistant'
}
export interface User {
  id: string
  email: string
  name: string
  isAdmin: boolean
  courses: Membership[]
}
/** Who is signed in, and how one may. */
export interface Session {
  user: User | null
  csrf: string | null
  signIn: { local: true; oidc: null | { name: string } }
  needsSetup: boolean
}

let csrf: string | null = null
/** What every change has to send with it; null: nobody is signed in. */
export const csrfToken = () => csrf

async function send<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(csrf && method !== 'GET' && { 'x-csrf-token': csrf }),
    },
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Problem(0, 'network', 'The server cannot be reached.', null, null)
  })
  const text = await response.text()
  const answer: unknown = text ? parsed(text) : undefined
  if (!response.ok) throw toProblem(response, answer)
  return answer as T
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Asks who is signed in. */
export async function readSession(): Promise<Session> {
  const session = await send<Session>('GET', '/api/session')
  csrf = session.csrf
  return session
}

export const signIn = (email: string, password: string) => send('POST', '/api/session', { email, password })
export const signOut = () => send('DELETE', '/api/session')
export const setUp = (body: { token: string; email: string; name: string; password: string }) =>
  send('POST', '/api/setup', body)
export const acceptInvite = (body: { token: string; password: string }) => send('POST', '/api/invite', body)
export const changePassword = (body: { current: string; password: string }) =>
  send('POST', '/api/password', body)
