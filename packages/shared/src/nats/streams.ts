import { setTimeout as delay } from 'node:timers/promises'
import {
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/nats-core'
import { DEADLETTER_PREFIX, DEADLETTER_STREAM, RECORDS_STREAM } from '../contracts/subjects.ts'

const DAY_MS = 86_400_000
const MOST_TRIES = 10

/**
 * Messages go by their age only. Older servers take the acknowledgement of a record, which a publisher may have sent to any
 * subject, for an order to purge; whoever means it deletes the stream, as only the user `ops` may.
 */
const UNERASABLE = { deny_delete: true, deny_purge: true }

/** What JetStream keeps. A full stream refuses new messages (the gateway then spools them); it never drops unread ones. */
export const STREAMS: Record<string, Partial<StreamConfig> & { name: string }> = {
  [RECORDS_STREAM]: {
    name: RECORDS_STREAM,
    subjects: ['records.>'],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    // A week of records can be read again after a bad deployment; consumers are normally milliseconds behind.
    max_age: nanos(7 * DAY_MS),
    max_bytes: 8 * 1024 ** 3,
    ...UNERASABLE,
    // A cheap filter of repeats; the unique keys in Postgres are the real one.
    duplicate_window: nanos(120_000),
  },
  [DEADLETTER_STREAM]: {
    name: DEADLETTER_STREAM,
    subjects: [`${DEADLETTER_PREFIX}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: nanos(90 * DAY_MS),
    max_bytes: 1024 ** 3,
    ...UNERASABLE,
  },
}

/**
 * Creates the streams where they are missing, each kept by `replicas` servers, and leaves an existing one as its operator
 * set it. Throws where the bus has fewer servers than that.
 */
export async function ensureStreams(
  nc: NatsConnection,
  { replicas = 1 }: { replicas?: number } = {},
): Promise<void> {
  const manager = await jetstreamManager(nc)
  for (const config of Object.values(STREAMS)) {
    await ensureStream(manager, { ...config, num_replicas: replicas })
  }
}

/** While two services create the same stream at once, the server counts its space twice and may refuse one for a moment. */
async function ensureStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const known = await manager.streams.info(config.name).then(
      () => true,
      () => false,
    )
    if (known) return
    try {
      await manager.streams.add(config)
      return
    } catch (error) {
      if (tries === MOST_TRIES) throw error
      await delay(100 * tries * Math.random())
    }
  }
}
