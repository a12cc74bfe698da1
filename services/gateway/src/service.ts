import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { ListModelsCall } from '@lectern/shared/contracts/models.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { observeGauge } from '@lectern/shared/metrics.ts'
import { connectBus, isConnected, leaveBus } from '@lectern/shared/nats/connect.ts'
import { followLogLevel } from '@lectern/shared/nats/log-level.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import type { RunningService, ServiceContext } from '@lectern/shared/run.ts'
import type { FastifyInstance } from 'fastify'
import { createAnswerCache } from './answer-cache.ts'
import { buildApp } from './app.ts'
import { createPromptsClient } from './clients/prompts.ts'
import { createProviderKeysClient } from './clients/provider-keys.ts'
import { createQuotaClient } from './clients/quota.ts'
import { createRecordsClient } from './clients/records.ts'
import type { Config } from './config.ts'
import { createJourneys, type Journeys } from './journeys.ts'
import { createKeyVault } from './key-vault.ts'
import { createOpaqueUser } from './opaque-user.ts'
import { createTokenizer } from './tokenizer.ts'
import { createBalancer } from './upstream/balancer.ts'
import { joinFleet } from './upstream/fleet.ts'
import { readProviders } from './upstream/providers-file.ts'
import { breakerStates, createRegistry, keyStates, offeredModels } from './upstream/registry.ts'
import { within } from './within.ts'

export interface RunningGateway extends RunningService {
  url: string
}

/** What answers that were ended by a stop get to be recorded: an unacknowledged publish, then the disk. */
const SETTLE_MS = 4000
const IDLE_CHECK_MS = 50

/** Wires the gateway and listens. */
export async function startGateway(context: ServiceContext<Config>): Promise<RunningGateway> {
  const { config, log, closing } = context
  const { providers, balance } = await readProviders(config.LECTERN_PROVIDERS, process.env)
  const nc = await connectBus({ url: config.NATS_URL, service: 'gateway', log })
  closing.defer(() => leaveBus(nc))
  followLogLevel(nc, context)
  // Only limits are shared with other gateways.
  const hasLimits = providers.some(({ models }) => models.some(({ limits }) => limits !== undefined))
  const joined = hasLimits ? joinFleet(nc) : null
  closing.defer(() => joined?.leave())
  const timeouts = {
    connectMs: config.CONNECT_TIMEOUT_MS,
    poolWaitMs: config.POOL_WAIT_MS,
    firstByteMs: config.FIRST_BYTE_TIMEOUT_MS,
    idleMs: config.IDLE_TIMEOUT_MS,
  }
  const registry = createRegistry(providers, timeouts, joined?.fleet ?? null)
  closing.defer(() => registry.close())
  const records = await createRecordsClient(nc, {
    log,
    ackTimeoutMs: config.RECORD_ACK_TIMEOUT_MS,
    spoolDir: config.SPOOL_DIR,
    spoolMaxBytes: config.SPOOL_MAX_BYTES,
  })
  closing.defer(() => records.close())
  observeGauge(METRIC.spoolBytes, () => records.spoolBytes, closing)
  const tokenizer = createTokenizer()
  closing.defer(() => tokenizer.close())
  const timeoutMs = config.BUS_TIMEOUT_MS
  const quota = createQuotaClient(nc, { log, timeoutMs })
  const prompts = createPromptsClient(nc, { log, timeoutMs, ttlMs: config.POLICY_TTL_MS })
  closing.defer(() => prompts.close())

  const journeys = createJourneys()
  observeGauge(METRIC.openRequests, () => journeys.size, closing)
  observeGauge(METRIC.breaker, () => breakerStates(registry), closing)
  observeGauge(METRIC.keyState, () => keyStates(registry), closing)
  let stopping = false
  const needs = {
    checks: { providers: () => registry.names.length > 0, serving: () => !stopping },
    // A student gets a clear answer from a gateway without the bus, and none from a balancer without gateways.
    shared: { bus: () => isConnected(nc) },
  }
  const app = await buildApp({
    config,
    log,
    needs,
    journeys,
    registry,
    records,
    answers: createAnswerCache(config.ANSWER_CACHE_BYTES),
    providerKeys: createProviderKeysClient(nc, { timeoutMs }),
    vault: config.OWN_KEYS_SECRET ? createKeyVault(config.OWN_KEYS_SECRET, config.OWN_KEYS_SECRET_OLD) : null,
    opaqueUser: createOpaqueUser(config.OPAQUE_USER_SECRET, config.NATS_URL),
    admission: { quota, prompts, tokenizer, holdTtlMs: config.TOTAL_TIMEOUT_MS + config.HOLD_MARGIN_MS },
    failover: {
      balancer: createBalancer(balance),
      log,
      totalTimeoutMs: config.TOTAL_TIMEOUT_MS,
      limitWaitMs: config.POOL_WAIT_MS,
    },
    writeIdleMs: config.WRITE_IDLE_TIMEOUT_MS,
    keepAliveMs: config.KEEP_ALIVE_MS,
    isStopping: () => stopping,
  })
  closing.defer(async () => {
    stopping = true
    await drain(app, journeys, config)
  })
  await joined?.settled()
  const responder = createResponder(nc, { queue: 'gateway', log })
  responder.on(ListModelsCall, async () => ({ items: offeredModels(registry) }))
  closing.defer(() => responder.drain())
  const port = await listen(app, config)
  return { ...needs, url: `http://${config.HOST}:${port}` }
}

async function listen(app: FastifyInstance, { HOST, PORT }: Config): Promise<number> {
  try {
    await app.listen({ host: HOST, port: PORT })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE') throw error
    throw new Error(`Port ${PORT} of ${HOST} is taken (${code}): set PORT to another one`, { cause: error })
  }
  return (app.server.address() as AddressInfo).port
}

/** No new requests; those that run may finish; then they are ended, each with a word to its client and a record. */
async function drain(
  app: FastifyInstance,
  journeys: Journeys,
  { DRAIN_DELAY_MS, SHUTDOWN_GRACE_MS }: Config,
): Promise<void> {
  await delay(DRAIN_DELAY_MS)
  const closed = app.close()
  // Connections that were busy a moment ago are kept alive by their clients: Node closes only those idle at the call.
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS)
  await within(SHUTDOWN_GRACE_MS, Promise.all([closed, journeys.settled()]))
  journeys.endAll()
  await within(SETTLE_MS, journeys.settled())
  clearInterval(idle)
  app.server.closeAllConnections()
  await closed
}
