import { createServer } from 'node:http'
import type { Test } from '@lectern/shared/testing/servers.ts'
import { Provider } from 'oidc-provider'

/** Somebody whom the provider knows. */
export interface CampusPerson {
  email?: string
  email_verified?: boolean
  name?: string
}

export interface CampusProvider {
  issuer: string
  /** By subject. */
  people: Map<string, CampusPerson>
  /** Who types their password when asked. */
  signsIn: string
  /** Whether e-mail and name are in the ID token, not only at the userinfo endpoint. */
  claimsInToken: boolean
}

export const CLIENT = { id: 'lectern', secret: 'a secret of the tests & more' }

/** A real OpenID Connect server that demands PKCE, whose sign-in page needs nobody to click. */
export async function startCampusProvider(t: Test, consoleUrl: string): Promise<CampusProvider> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise(resolve => server.close(resolve)))
  t.teardown(() => server.closeAllConnections())
  const { port } = server.address() as { port: number }
  const campus: CampusProvider = {
    issuer: `http://127.0.0.1:${port}`,
    people: new Map(),
    signsIn: '',
    claimsInToken: false,
  }
  const provider = new Provider(campus.issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${consoleUrl}/auth/oidc/callback`],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['of the tests'] },
    findAccount: (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId, ...campus.people.get(accountId) }),
    }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  })
  const answer = provider.callback()
  server.on('request', async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return answer(request, response)
    const accountId = campus.signsIn
    const grant = new provider.Grant({ accountId, clientId: CLIENT.id })
    grant.addOIDCScope('openid email profile')
    const consent = { grantId: await grant.save() }
    await provider.interactionFinished(request, response, { login: { accountId }, consent })
  })
  return campus
}

/** Goes where a browser would, and answers where it ends at: the first address that is no redirect, or that `until` knows. */
export async function navigate(
  cookies: Map<string, string>,
  start: string,
  until: (url: URL) => boolean = () => false,
): Promise<{ url: URL; status: number }> {
  let url = new URL(start)
  for (let steps = 0; steps < 20; steps++) {
    const origin = `${url.origin} `
    const own = [...cookies].filter(([name]) => name.startsWith(origin))
    const cookie = own.map(([name, value]) => `${name.slice(origin.length)}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    await response.body?.cancel()
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(set)) cookies.delete(origin + name)
      else cookies.set(origin + name, value)
    }
    const location = response.headers.get('location')
    if (location === null) return { url, status: response.status }
    url = new URL(location, url)
    if (until(url)) return { url, status: response.status }
  }
  throw new Error('redirected without end')
}
