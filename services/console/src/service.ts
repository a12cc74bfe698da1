import { setTimeout as delay } from 'node:timers/promises'
import { connectBus, isConnected } from '@lectern/shared/nats/connect.ts'
import { followLogLevel } from '@lectern/shared/nats/log-level.ts'
import type { RunningService, ServiceContext } from '@lectern/shared/run.ts'
import type { FastifyInstance } from 'fastify'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { oidcSettingsOf } from './oidc.ts'
import { offerFirstSignIn } from './setup-link.ts'

const IDLE_CHECK_MS = 50

/** The console's wiring: one connection to the bus, one HTTP server. `url` is where it listens. */
export async function startService(
  context: ServiceContext<Config>,
): Promise<RunningService & { url: string }> {
  const { config, log, clock, closing } = context
  const nc = await connectBus({ url: config.NATS_URL, service: 'console', log })
  closing.defer(() => nc.close())
  followLogLevel(nc, context)
  let stopping = false
  const needs = { checks: { serving: () => !stopping }, shared: { bus: () => isConnected(nc) } }
  const app = await createApp({
    nc,
    log,
    needs,
    adminToken: config.ADMIN_TOKEN,
    consoleUrl: config.CONSOLE_URL,
    oidc: oidcSettingsOf(config),
    trustedProxies: config.TRUSTED_PROXIES.split(',').flatMap(text => text.trim() || []),
    gatewayUrl: config.GATEWAY_URL,
    gatewayInternalUrl: config.GATEWAY_INTERNAL_URL,
    clock,
    isStopping: () => stopping,
  })
  closing.defer(async () => {
    stopping = true
    await stopServing(app, config)
  })
  const url = await listen(app, config)
  log.info({ url }, 'listening')
  const publicUrl = (config.CONSOLE_URL ?? url).replace(/\/$/, '')
  await offerFirstSignIn(nc, { url: publicUrl, log, closing })
  return { ...needs, url }
}

async function listen(app: FastifyInstance, { HOST, PORT }: Config): Promise<string> {
  try {
    return await app.listen({ host: HOST, port: PORT })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(`port ${PORT} of ${HOST} is taken: choose another one with the variable PORT`, {
      cause: error,
    })
  }
}

/** Serves until its balancer knows, lets running calls finish, and breaks what is still there when the grace period ends. */
async function stopServing(
  app: FastifyInstance,
  { DRAIN_DELAY_MS, SHUTDOWN_GRACE_MS }: Config,
): Promise<void> {
  await delay(DRAIN_DELAY_MS)
  const deadline = setTimeout(() => app.server.closeAllConnections(), SHUTDOWN_GRACE_MS)
  // Connections that were busy a moment ago are kept alive by their clients: Node closes only those idle at the call.
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS)
  await app.close().finally(() => {
    clearTimeout(deadline)
    clearInterval(idle)
  })
}
