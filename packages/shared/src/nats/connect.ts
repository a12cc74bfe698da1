import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from '../log.ts'
import { readHeadersAtOnce } from './headers.ts'
import { setInboxPrefix } from './questions.ts'

export type { NatsConnection }

export interface BusOptions {
  /** `nats://user:password@host:port`, several separated by commas. */
  url: string
  /** Name of the service: seen in the server's monitoring, and its private inbox. */
  service: string
  log: Logger
}

/**
 * Connects to the bus and stays connected: it waits for the first server, and reconnects for ever (the client's default
 * gives up for good after ten tries). Each service has an inbox prefix of its own, so that no other may read its replies.
 */
export async function connectBus({ url, service, log }: BusOptions): Promise<NatsConnection> {
  readHeadersAtOnce()
  const servers = url.split(',').map(text => new URL(text))
  const [first] = servers
  const inboxPrefix = `_INBOX_${service}`
  const nc = await connect({
    servers: servers.map(server => server.host),
    ...(first?.username
      ? { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) }
      : {}),
    ...(first?.protocol === 'tls:' ? { tls: {} } : {}),
    name: service,
    inboxPrefix,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    // A half-open connection is noticed after two missed pings: 20 s instead of the default's 4-6 minutes.
    pingInterval: 10_000,
    maxPingOut: 2,
    // Otherwise every request makes an Error with its stack, in case it fails. The subject in our errors says as much.
    noAsyncTraces: true,
  })
  setInboxPrefix(nc, inboxPrefix)
  void followStatus(nc, log)
  return nc
}

const disconnected = new WeakSet<NatsConnection>()

async function followStatus(nc: NatsConnection, log: Logger): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === 'disconnect') {
      disconnected.add(nc)
      log.warn({ server: status.server }, 'bus: connection lost')
    } else if (status.type === 'reconnect') {
      disconnected.delete(nc)
      log.info({ server: status.server }, 'bus: connected again')
    } else if (status.type === 'error') log.error({ err: status.error }, 'bus: refused by the server')
  }
}

/** Whether requests can be sent now: a reconnecting link would only queue them. */
export function isConnected(nc: NatsConnection): boolean {
  return !nc.isClosed() && !disconnected.has(nc)
}

/** Says what is left to be said and closes the connection. One that is away has nothing to drain, and would wait for the bus. */
export async function leaveBus(nc: NatsConnection): Promise<void> {
  await (isConnected(nc) ? nc.drain() : nc.close())
}
