import { LOOPBACK } from './config.ts'

/** Where the console is reached by browsers, and what follows from that for its cookie. */
export interface Site {
  /** The origin of a request by its Host; null: an address at which nobody signs in. */
  originOf(request: AskedOfSite): string | null
  /** The address of a page of ours, for a link that is sent to somebody. */
  linkTo(request: AskedOfSite, path: string): string
  /** Name and attributes of the session's cookie. */
  readonly cookie: { name: string; secure: boolean }
}

/** The part of a request that is looked at. */
export interface AskedOfSite {
  headers: Record<string, string | string[] | undefined>
}

const OWN_MACHINE = new RegExp(`^${LOOPBACK}(:\\d+)?$`)

/**
 * Over https: `__Host-lectern`, which a browser keeps only with Secure, for this one host and all its paths. Over http, which
 * is for one machine alone, a plain name without Secure: not every browser keeps a Secure cookie of http://127.0.0.1. There any
 * name of the machine itself will do, and no other: a foreign name that was made to lead here (DNS rebinding) is not one.
 */
export function createSite(consoleUrl: string | undefined): Site {
  const configured = consoleUrl && new URL(consoleUrl).origin
  const linkTo = ({ headers: { host } }: AskedOfSite, path: string) =>
    `${configured || `http://${host}`}${path}`
  if (consoleUrl?.startsWith('https:')) {
    const { origin } = new URL(consoleUrl)
    return { originOf: () => origin, linkTo, cookie: { name: '__Host-lectern', secure: true } }
  }
  return {
    originOf: ({ headers: { host } }) =>
      typeof host === 'string' && OWN_MACHINE.test(host) ? `http://${host}` : null,
    linkTo,
    cookie: { name: 'lectern', secure: false },
  }
}

/**
 * Whether a browser says that a request comes from our own pages, by `Sec-Fetch-Site` and `Origin`, which no page can forge.
 * Null: neither is there, so it is no browser of the last years.
 */
export function isFromOwnPages(site: Site, request: AskedOfSite): boolean | null {
  const { origin, 'sec-fetch-site': fetchSite } = request.headers
  if (origin === undefined && fetchSite === undefined) return null
  return (
    (origin === undefined || origin === site.originOf(request)) &&
    (fetchSite === undefined || fetchSite === 'same-origin')
  )
}
