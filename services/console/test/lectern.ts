import type { NewAuditEntry } from '@lectern/shared/contracts/audit.ts'
import type { Fault } from '@lectern/shared/fault.ts'
import {
  startTestServers,
  type Test,
  type TestServers,
  type WantedServers,
} from '@lectern/shared/testing/servers.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import { Config } from '../src/config.ts'
import { startService } from '../src/service.ts'
import { startAuditStandIn } from './stand-in.ts'

export const TOKEN = 'a-staff-token-of-the-tests'

/** A course as staff create it. */
export const COURSE = {
  id: 'ml-26',
  name: 'Machine learning',
  timezone: 'Europe/Berlin',
  startsOn: '2026-11-02',
  weeks: 15,
  weeklyTokens: 100_000,
  defaultMaxTokens: 1000,
  models: [],
}

/** A student as an import answers with it. */
export interface Imported {
  id: string
  name: string
  email: string
  key: string
}

/** An answer of the API, its body parsed. */
export interface Answer<T> {
  status: number
  headers: Headers
  body: T
}

/** The body of an error answer. */
export interface Refusal {
  error: { message: string; type: string; param: string | null; code: string; faults?: Fault[] }
}

/** Asks the API as staff; `body` is JSON unless it is text (CSV) or bytes. */
export type Api = <T = Refusal>(
  route: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer<T>>

/** The staff's client of a console: `api('POST /api/courses', {...})`. */
export function clientOf(url: string, token: string | null = TOKEN): Api {
  return async (route, body, headers = {}) => {
    const [method = 'GET', path = '/'] = route.split(' ')
    const raw = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': raw ? 'text/csv' : 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    })
    // A stream of events does not end by itself: that it began is the answer.
    const streams = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (streams) await response.body?.cancel()
    const text = streams ? '' : await response.text()
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined }
  }
}

/** Asks again and again until the answer is right. */
export async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const giveUpAt = Date.now() + 15_000
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
    if (Date.now() > giveUpAt) throw new Error(`it did not become true: ${JSON.stringify(value)}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

export interface RunningConsole {
  servers: TestServers
  url: string
  api: Api
  /** What was written into the audit log. */
  audited: NewAuditEntry[]
  stop(): Promise<void>
}

/** A console on a real bus of its own, whose audit log is always written, with whatever else the test wants beside it. */
export async function startConsole(t: Test, wanted: WantedServers = {}): Promise<RunningConsole> {
  const servers = await startTestServers(t, { ...wanted, nats: true })
  const { url, stop } = await startTestService(t, startService, Config, {
    NATS_URL: servers.natsUrl,
    PORT: '0',
    ADMIN_TOKEN: TOKEN,
  })
  const audited = await startAuditStandIn(t, servers.natsUrl)
  return { servers, url, stop, audited, api: clientOf(url) }
}
