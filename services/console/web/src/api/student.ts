import createClient from 'openapi-fetch'
import type { paths } from '../../generated/api.ts'
import { ask } from './client.ts'
import { Problem, toProblem } from './problem.ts'
import type { Answer, Body } from './types.ts'

/** The students' side of the API: another session than the staff's, with a token of its own for each change. */

/** Who has signed in; null: nobody. */
export type Me = Answer<'/api/me', 'get'>['session']
export type OwnBalance = Answer<'/api/me/balance', 'get'>
export type OwnUse = Answer<'/api/me/use', 'get'>['items']
export type OwnSettings = Answer<'/api/me/settings', 'get'>
export type OwnSummary = Answer<'/api/me/conversations', 'get'>['items'][number]
export type OwnConversation = Answer<'/api/me/conversations/{id}', 'get'>
export type JoinPreview = Answer<'/api/join/preview', 'post'>
export type ChatMessage = Body<'/api/me/chat', 'post'>['messages'][number]

let token: string | null = null

export const studentApi = createClient<paths>({ baseUrl: location.origin })

studentApi.use({
  onRequest({ request }) {
    if (token && request.method !== 'GET') request.headers.set('x-csrf-token', token)
    return request
  },
  onError: ({ error }) =>
    // What was stopped by whoever asked is no fault of the network.
    error instanceof Error && error.name === 'AbortError'
      ? error
      : new Problem(0, 'network', 'The server cannot be reached.', null, null),
})

function keep({ session }: { session: Me }): Me {
  token = session?.csrf ?? null
  return session
}

export const readMe = async (): Promise<Me> => keep(await ask(studentApi.GET('/api/me')))

/** Signs in with a key; throws a `Problem` `invalid_api_key` where it is nobody's. */
export const signInByKey = async (key: string): Promise<Me> =>
  keep(await ask(studentApi.POST('/api/me/session', { body: { key } })))

export async function signOutStudent(): Promise<void> {
  await ask(studentApi.DELETE('/api/me/session'))
  token = null
}

/** Sends a chat; its answer is a stream of events, to be read as it comes. */
export async function sendChat(body: Body<'/api/me/chat', 'post'>, signal: AbortSignal) {
  const { data, error, response } = await studentApi.POST('/api/me/chat', { body, signal, parseAs: 'stream' })
  if (response.ok && data) return data
  throw toProblem(response, error)
}
