import { OfferSetupCall, type RoleInCourse } from '@lectern/shared/contracts/staff.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { newSecret } from '../src/secret.ts'
import { type Api, clientOf } from './lectern.ts'

export const PASSWORD = 'correct horse battery staple'

/** What `/api/session` answers. */
export interface SessionBody {
  user: { id: string; email: string; name: string; isAdmin: boolean; courses: RoleInCourse[] } | null
  csrf: string | null
  signIn: { local: boolean; oidc: { name: string } | null }
  needsSetup: boolean
}

/** What a browser does that shows the console's page: keeps the cookie, and says where a request comes from. */
export interface Browser {
  ask: Api
  /** `name=value`, as it is sent back. */
  cookie: string
  /** As the page learned it. */
  csrf: string
  /** The last `Set-Cookie` as it came. */
  setCookie: string
}

export function openBrowser(url: string): Browser {
  const api = clientOf(url, null)
  const browser: Browser = {
    cookie: '',
    csrf: '',
    setCookie: '',
    async ask<T>(route: string, body?: unknown, headers: Record<string, string> = {}) {
      const answer = await api<T>(route, body, {
        origin: url,
        'sec-fetch-site': 'same-origin',
        ...(browser.cookie && { cookie: browser.cookie }),
        ...(browser.csrf && { 'x-csrf-token': browser.csrf }),
        ...headers,
      })
      const [set] = answer.headers.getSetCookie()
      if (set !== undefined) {
        browser.setCookie = set
        browser.cookie = set.split(';')[0] ?? ''
      }
      const { csrf } = (answer.body ?? {}) as { csrf?: string | null }
      if (csrf) browser.csrf = csrf
      return answer
    },
  }
  return browser
}

/** The first admin, signed in. */
export async function setUpAdmin(url: string, operator: NatsConnection): Promise<Browser> {
  const { text, hash } = newSecret()
  await requester(operator, OfferSetupCall)({ linkHash: hash })
  const browser = openBrowser(url)
  const admin = { token: text, email: 'root@example.edu', name: 'Root', password: PASSWORD }
  const { status, body } = await browser.ask('POST /api/setup', admin)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return browser
}
