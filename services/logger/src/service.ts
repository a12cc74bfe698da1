import {
  CONVERSATIONS_STORED,
  DEADLETTER_CONSUMER,
  DEADLETTER_PREFIX,
  DEADLETTER_STREAM,
  LOGGER_CONSUMER,
  RECORD_COMPLETED,
  RECORDS_STREAM,
} from '@lectern/shared/contracts/subjects.ts'
import { connectBus, isConnected, leaveBus } from '@lectern/shared/nats/connect.ts'
import { consumeBatches } from '@lectern/shared/nats/consumer.ts'
import { followLogLevel } from '@lectern/shared/nats/log-level.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import { ensureStreams } from '@lectern/shared/nats/streams.ts'
import { openPool } from '@lectern/shared/postgres/pool.ts'
import type { RunningService, ServiceContext } from '@lectern/shared/run.ts'
import { announcing, createAnnouncer } from './announcement.ts'
import { createBusy } from './busy.ts'
import { answerConsole } from './calls.ts'
import type { Config } from './config.ts'
import { answerAudit } from './handlers/audit.ts'
import { completionRecorded } from './handlers/completion-recorded.ts'
import { deadLetterPut } from './handlers/dead-letter-put.ts'
import { createAudit } from './store/audit.ts'
import { createConversations } from './store/conversations.ts'
import { openDatabase } from './store/database.ts'
import { createDeadLetters } from './store/dead-letters.ts'
import { createErasures } from './store/erasures.ts'
import { createFlags } from './store/flags.ts'
import { createNotes } from './store/notes.ts'
import { keepPartitions } from './store/partitions.ts'
import { createPseudonyms } from './store/pseudonyms.ts'
import { createRecordWriter } from './store/record-writer.ts'
import { keepSearchIndex } from './store/search-index.ts'
import { createThreads } from './store/threads.ts'
import { createUse } from './store/use.ts'
import { startUpkeep } from './upkeep.ts'

/** Five hundred usual records, beyond which a batch gains nothing; of large ones, one. A record takes several times its size here. */
const BATCH_BYTES = 1024 * 1024

/** One is made ready while the other is being committed. */
const BATCHES_AT_ONCE = 2

/** Wires the service: two consumers that write, and what the console asks. */
export async function startService(context: ServiceContext<Config>): Promise<RunningService> {
  const { config, log, clock, closing } = context
  const nc = await connectBus({ url: config.NATS_URL, service: 'logger', log })
  closing.defer(() => leaveBus(nc))
  followLogLevel(nc, context)
  await ensureStreams(nc, { replicas: config.STREAM_REPLICAS })
  const pool = openPool('lectern-logger', context)
  const db = openDatabase(pool)

  const partitions = keepPartitions({ pool, clock, log })
  closing.defer(() => partitions.stop())

  const responder = createResponder(nc, { queue: 'logger', log })
  closing.defer(() => responder.drain())
  const erasures = createErasures(pool)
  answerConsole(responder, {
    conversations: createConversations(db, pool, clock),
    flags: createFlags(db),
    notes: createNotes(db),
    pseudonymsOf: createPseudonyms(db),
    findThread: createThreads(db),
    erasures,
    use: createUse(pool),
  })
  answerAudit(responder, createAudit(db))

  startUpkeep({ nc, pool, erasures }, context)

  const records = {
    stream: RECORDS_STREAM,
    durable: LOGGER_CONSUMER,
    subject: RECORD_COMPLETED,
    batchSize: config.BATCH_SIZE,
    batchBytes: BATCH_BYTES,
    batchesAtOnce: BATCHES_AT_ONCE,
    lingerMs: config.BATCH_LINGER_MS,
    log,
  }
  const announcer = createAnnouncer(stored => nc.publish(CONVERSATIONS_STORED, JSON.stringify(stored)))
  closing.defer(() => announcer.stop())
  const { watch, isBusy } = createBusy(config.BATCH_LINGER_MS)
  const write = announcing(createRecordWriter(pool, log), announcer)
  const recordConsumer = consumeBatches(nc, records, watch(completionRecorded(write)))
  closing.defer(() => recordConsumer.stop())
  const searchIndex = keepSearchIndex({ pool, isBusy, log })
  closing.defer(() => searchIndex.stop())

  const deadLetters = {
    stream: DEADLETTER_STREAM,
    durable: DEADLETTER_CONSUMER,
    subject: `${DEADLETTER_PREFIX}.>`,
    // Rare.
    batchSize: 10,
    batchBytes: BATCH_BYTES,
    lingerMs: config.BATCH_LINGER_MS,
    log,
  }
  const deadLetterConsumer = consumeBatches(nc, deadLetters, deadLetterPut(createDeadLetters(db)))
  closing.defer(() => deadLetterConsumer.stop())

  return {
    checks: {
      bus: () => isConnected(nc),
      database: async () => (await pool.query('SELECT 1')).rowCount === 1,
    },
    probes: { pg: () => pool.query('SELECT 1') },
  }
}
