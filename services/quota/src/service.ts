import { setTimeout as delay } from 'node:timers/promises'
import { QUOTA_CONSUMER, RECORD_COMPLETED, RECORDS_STREAM } from '@lectern/shared/contracts/subjects.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { observeGauge } from '@lectern/shared/metrics.ts'
import { connectBus, isConnected, leaveBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { consumeBatches } from '@lectern/shared/nats/consumer.ts'
import { followLogLevel } from '@lectern/shared/nats/log-level.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import { ensureStreams } from '@lectern/shared/nats/streams.ts'
import { startPeriodic } from '@lectern/shared/periodic.ts'
import type { RunningService, ServiceContext } from '@lectern/shared/run.ts'
import { createAccountOf, createWeekOf } from './account-of.ts'
import { type Alarms, createAlarms } from './alarms.ts'
import { createReadAmounts } from './amounts.ts'
import { answerGateways, answerStaff } from './calls.ts'
import type { Config } from './config.ts'
import { createExpirer } from './expirer.ts'
import { createFollowUp } from './follow-up.ts'
import { completionRecorded } from './handlers/completion-recorded.ts'
import { createLoader } from './loader.ts'
import { answerStudents } from './me-calls.ts'
import { createPolicyRepair, createReconciler } from './reconciler.ts'
import { createRefusalTally } from './refusal-tally.ts'
import { createSettlement, type RecordEnds } from './settlement.ts'
import { answerIdentity } from './staff-calls.ts'
import { openStores, type Stores } from './store/stores.ts'
import { createLook, createSync, type LookAtAccount, type SyncAccount } from './sync.ts'

// A replica that took questions before it has reached Redis would refuse what the others can answer. Where Redis is away for
// longer, all of them refuse, and this one should say so, too.
const FIRST_REDIS_MS = 5000

/** The wiring of the quota service: what is opened first is closed last. */
export async function startService(context: ServiceContext<Config>): Promise<RunningService> {
  const { name, config, log, closing } = context
  const stores = openStores(context)
  const look = createLook(stores)
  const sync = createSync(look, stores.accounts)
  const record = createSettlement({ ...stores, sync, log })
  const alarms = createAlarms(log)
  startUpkeep(context, stores, { look, sync, record, alarms })

  observeGauge(METRIC.holdsOpen, () => stores.reservations.countOpen(), closing)

  const nc = await connectBus({ url: config.NATS_URL, service: name, log })
  closing.defer(() => leaveBus(nc))
  followLogLevel(nc, context)
  await ensureStreamsSometime(nc, context)
  await Promise.race([stores.clock.known, delay(FIRST_REDIS_MS, undefined, { ref: false })])
  consume(nc, context, stores, { record, alarms })
  answer(nc, context, stores, sync)

  return {
    checks: {
      bus: () => isConnected(nc),
      redis: () => stores.redis.status === 'ready' && stores.clock.isKnown(),
    },
    shared: {
      // Without Postgres, reservations of loaded accounts still work.
      database: async () => (await stores.pool.query('SELECT 1')).rowCount === 1,
    },
    probes: { pg: () => stores.pool.query('SELECT 1') },
  }
}

/** The work that nobody asks for: ending abandoned holds, comparing with the ledger, repeating what Redis may have missed. */
function startUpkeep(
  { config, log, closing }: ServiceContext<Config>,
  stores: Stores,
  {
    look,
    sync,
    record,
    alarms,
  }: { look: LookAtAccount; sync: SyncAccount; record: RecordEnds; alarms: Alarms },
): void {
  const every = (intervalMs: number) => ({ intervalMs, log, closing })
  startPeriodic(
    'expiry of holds',
    every(config.EXPIRE_INTERVAL_MS),
    createExpirer({ ...stores, record, alarms }),
  )
  startPeriodic(
    'reconciliation',
    every(config.RECONCILE_INTERVAL_MS),
    createReconciler({ ...stores, look, sync, ageMs: config.RECONCILE_AGE_MS, alarms }),
  )
  startPeriodic('repair of policies', every(config.RECONCILE_AGE_MS), createPolicyRepair(stores))
}

function answer(
  nc: NatsConnection,
  { config, log, clock, closing }: ServiceContext<Config>,
  stores: Stores,
  sync: SyncAccount,
): void {
  const withLoading = createLoader({
    ...stores,
    sync,
    askTimeoutMs: config.REDIS_COMMAND_TIMEOUT_MS,
    loadTimeoutMs: config.LOAD_TIMEOUT_MS,
  })
  const weekOf = createWeekOf(stores)
  const tally = createRefusalTally(stores)
  const add = () => tally.flush()
  closing.defer(() => add().catch((error: unknown) => log.warn({ err: error }, 'last refusals not counted')))
  startPeriodic('sums of refusals', { intervalMs: config.REFUSALS_INTERVAL_MS, log, closing }, add)
  const parts = {
    ...stores,
    sync,
    weekOf,
    withLoading,
    readAmounts: createReadAmounts(stores.accounts, withLoading),
    accountOf: createAccountOf({ ...stores, weekOf }),
    followUp: createFollowUp(log, closing),
    tally,
    budgetWaitMs: config.BUDGET_WAIT_MS,
  }
  const responder = createResponder(nc, { queue: 'quota', log })
  closing.defer(() => responder.drain())
  answerGateways(responder, parts)
  answerStaff(responder, parts)
  answerStudents(responder, parts)
  answerIdentity(responder, { ...stores.staff, clock })
}

// So many settlements reach Redis while Postgres is away: five minutes at 160 requests a second. About 2 kB each here.
const MOST_UNRECORDED = 50_000

function consume(
  nc: NatsConnection,
  { config, log, closing }: ServiceContext<Config>,
  stores: Stores,
  { record, alarms }: { record: RecordEnds; alarms: Alarms },
): void {
  const handler = completionRecorded({ ...stores, record, alarms })
  const consumer = consumeBatches(
    nc,
    {
      stream: RECORDS_STREAM,
      durable: QUOTA_CONSUMER,
      subject: RECORD_COMPLETED,
      headersOnly: true,
      batchSize: config.SETTLE_BATCH_SIZE,
      lingerMs: config.SETTLE_LINGER_MS,
      maxAckPending: MOST_UNRECORDED,
      onArrival: handler.onArrival,
      log,
    },
    handler.onBatch,
  )
  closing.defer(() => consumer.stop())
}

async function ensureStreamsSometime(
  nc: NatsConnection,
  { config, log }: ServiceContext<Config>,
): Promise<void> {
  for (;;) {
    try {
      return await ensureStreams(nc, { replicas: config.STREAM_REPLICAS })
    } catch (error) {
      if (nc.isClosed()) throw error
      log.warn({ err: error }, 'streams could not be made sure of, will be tried again')
      await delay(500)
    }
  }
}
