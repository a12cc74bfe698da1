import { Pool } from 'undici'
import type { ExchangeLimits, Origin } from './exchange.ts'
import type { ConfiguredProvider } from './providers-file.ts'
import { Slots } from './slots.ts'

/** Streams open at once at one provider; each is a socket and some kilobytes. */
const DEFAULT_CONNECTIONS = 4096

export interface UpstreamTimeouts {
  connectMs: number
  poolWaitMs: number
  firstByteMs: number
  idleMs: number
}

/** Whom a connection is opened to. */
export interface ServerAddress {
  address: string
  port: number
}

/** Where a provider's requests go, and within which limits. */
export interface OpenedOrigin {
  server: ServerAddress
  origin: Origin
  /** Path of the base URL, without a slash at its end. */
  path: string
  limits: Omit<ExchangeLimits, 'totalMs'>
  close(): Promise<void>
}

/** Opens the pool of a provider: the one HTTP client that providers of all kinds share. */
export function openOrigin(entry: ConfiguredProvider, timeouts: UpstreamTimeouts): OpenedOrigin {
  const url = new URL(entry.baseUrl)
  const connections = entry.limits?.connections ?? DEFAULT_CONNECTIONS
  const pool = new Pool(url.origin, {
    connections,
    pipelining: 1,
    // One connection carries one stream: a lost one breaks one answer, and a slow reader holds up nobody else.
    allowH2: false,
    connect: { timeout: timeouts.connectMs },
  })
  return {
    server: {
      address: url.hostname,
      port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    },
    origin: { pool, slots: new Slots(connections) },
    path: url.pathname.replace(/\/$/, ''),
    limits: {
      poolWaitMs: timeouts.poolWaitMs,
      firstByteMs: entry.timeouts?.firstByteMs ?? timeouts.firstByteMs,
      idleMs: entry.timeouts?.idleMs ?? timeouts.idleMs,
    },
    close: () => pool.destroy(),
  }
}
