import { api, ask } from './client.ts'
import { keepCsrfToken } from './csrf.ts'
import type { Answer, Body } from './types.ts'

/** Who is signed in, and how one may. */
export type Session = Answer<'/api/session', 'get'>
export type User = NonNullable<Session['user']>

/** Asks who is signed in. */
export async function readSession(): Promise<Session> {
  const session = await ask(api.GET('/api/session'))
  keepCsrfToken(session.csrf)
  return session
}

export const signIn = (email: string, password: string) =>
  ask(api.POST('/api/session', { body: { email, password } }))
export const signOut = () => ask(api.DELETE('/api/session'))
export const setUp = (body: Body<'/api/setup', 'post'>) => ask(api.POST('/api/setup', { body }))
export const acceptInvite = (body: Body<'/api/invite', 'post'>) => ask(api.POST('/api/invite', { body }))
export const changePassword = (body: Body<'/api/password', 'post'>) =>
  ask(api.POST('/api/password', { body }))
