import { setTimeout as delay } from 'node:timers/promises'
import {
  DEADLETTER_CONSUMER,
  DEADLETTER_STREAM,
  LOG_LEVEL_CHANGE,
  LOGGER_CONSUMER,
  QUOTA_CONSUMER,
  RECORDS_STREAM,
} from '@lectern/shared/contracts/subjects.ts'
import { createLog } from '@lectern/shared/log.ts'
import { connectBus, type NatsConnection } from '@lectern/shared/nats/connect.ts'
import { connectRedis, serversOf } from '@lectern/shared/redis/connect.ts'
import { JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream'
import { RequestError, TimeoutError } from '@nats-io/transport-node'
import pg from 'pg'

/**
 * What a restored database needs of Redis and of the bus (docs/backup.md). One of three commands:
 *
 *     stopped      ends with 1 where a service of Lectern runs
 *     begin TIME   empties Redis, and has the services read again all that the bus has kept; TIME is that of the backup
 *     wait TIME    waits until they have read it, and says what came back since TIME
 *
 * Environment: `NATS_URL` (of the user `ops`); for `begin` also `REDIS_URL`, for `wait` `DATABASE_URL`.
 */
const CONSUMERS = [
  { stream: RECORDS_STREAM, name: QUOTA_CONSUMER },
  { stream: RECORDS_STREAM, name: LOGGER_CONSUMER },
  // The last one: what those two cannot store comes here.
  { stream: DEADLETTER_STREAM, name: DEADLETTER_CONSUMER },
]
const CONNECT_WITHIN_MS = 10_000
const ANSWER_WITHIN_MS = 1000
// A Redis that has its whole file to read again may be slow for a moment.
const COMMAND_TIMEOUT_MS = 10_000
const KEYS_AT_ONCE = 1000
const ASK_EVERY_MS = 250
const SAY_EVERY = 20

const say = (line: string) => process.stdout.write(`${line}\n`)
const log = createLog('replay', 'silent')

/** Every service listens to this subject; the message changes nothing but a level of the log that somebody had set. */
async function refuseWhileRunning(nc: NatsConnection): Promise<void> {
  const message = JSON.stringify({ service: 'console', level: 'info', minutes: 0 })
  const failure: unknown = await nc
    .request(LOG_LEVEL_CHANGE, message, { timeout: ANSWER_WITHIN_MS })
    .catch((error: unknown) => error)
  if (failure instanceof RequestError && failure.isNoResponders()) return
  if (failure instanceof TimeoutError) {
    throw new Error('services of Lectern run on this bus: stop the gateways first, then all the others')
  }
  throw failure
}

async function emptyRedis(url: string): Promise<void> {
  const redis = connectRedis({ url, name: 'lectern-replay', log, commandTimeoutMs: COMMAND_TIMEOUT_MS })
  try {
    await inTime(redis.connect(), 'Redis')
    let count = 0
    for (const { server } of serversOf(redis)) {
      // Only what is ours: `services/quota/src/store/keys.ts`. One at a time, since in a cluster they lie in several slots.
      for await (const names of server.scanStream({ match: '{q:*', count: KEYS_AT_ONCE })) {
        await Promise.all((names as string[]).map(name => server.unlink(name)))
        count += names.length
      }
    }
    say(`Redis: ${count} names removed`)
  } finally {
    redis.disconnect()
  }
}

/** A service creates its consumer anew, and then gets the stream from its beginning. */
async function rewind(nc: NatsConnection, madeAt: Date): Promise<void> {
  const manager = await jetstreamManager(nc)
  for (const { stream, name } of CONSUMERS) await manager.consumers.delete(stream, name).catch(unlessMissing)
  const info = await manager.streams.info(RECORDS_STREAM).catch(unlessMissing)
  const { messages = 0, first_seq = 1, first_ts = '' } = info?.state ?? {}
  if (messages === 0) {
    say('Bus: it has kept no record; what came after the backup does not come back')
    return
  }
  say(`Bus: ${messages} records, kept since ${first_ts}, will be read again`)
  if (first_seq > 1 && new Date(first_ts) > madeAt)
    say(`Bus: what was answered between the backup and ${first_ts} does not come back`)
}

async function waitUntilRead(nc: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(nc)
  const left = async ({ stream, name }: (typeof CONSUMERS)[number]) => {
    const info = await manager.consumers.info(stream, name).catch(unlessMissing)
    return info ? info.num_pending + info.num_ack_pending : undefined
  }
  for (const consumer of CONSUMERS) {
    for (let tries = 0; ; tries++) {
      const count = await left(consumer)
      if (count === 0) break
      if (tries % SAY_EVERY === 0) {
        say(`${consumer.name}: ${count === undefined ? 'waits for its service to start' : `${count} to go`}`)
      }
      await delay(ASK_EVERY_MS)
    }
  }
}

async function tellWhatCameBack(url: string, since: Date): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'lectern-replay' })
  await client.connect()
  try {
    const { rows } = await client.query<Record<'records' | 'settled' | 'dead', string>>(
      `SELECT (SELECT count(*) FROM logs.records WHERE stored_at >= $1) AS records,
              (SELECT count(*) FROM quota.ledger_entries WHERE kind = 'settle' AND created_at >= $1) AS settled,
              (SELECT count(*) FROM logs.dead_letters WHERE at >= $1) AS dead`,
      [since],
    )
    const [row] = rows
    say(`back: ${row?.records} conversations, ${row?.settled} charges`)
    if (row?.dead !== '0') say(`in logs.dead_letters: ${row?.dead} that could not be stored again`)
  } finally {
    await client.end()
  }
}

function unlessMissing(error: unknown): undefined {
  const code = error instanceof JetStreamApiError ? error.code : undefined
  if (code !== JetStreamApiCodes.ConsumerNotFound && code !== JetStreamApiCodes.StreamNotFound) throw error
}

/** Both clients try for ever, as services have to; a person is told. */
function inTime<T>(connecting: Promise<T>, what: string): Promise<T> {
  const late = delay(CONNECT_WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error(`${what} does not answer`)
  })
  return Promise.race([connecting, late])
}

function instant(text: string | undefined): Date {
  const date = new Date(text ?? '')
  if (Number.isNaN(date.getTime())) throw new Error(`this is not a time: ${text}`)
  return date
}

function setting(name: 'NATS_URL' | 'REDIS_URL' | 'DATABASE_URL'): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is missing`)
  return value
}

async function main([command, time]: string[]): Promise<void> {
  const nc = await inTime(connectBus({ url: setting('NATS_URL'), service: 'replay', log }), 'NATS')
  if (command === 'stopped') return refuseWhileRunning(nc)
  if (command === 'begin') {
    const madeAt = instant(time)
    await refuseWhileRunning(nc)
    await emptyRedis(setting('REDIS_URL'))
    return rewind(nc, madeAt)
  }
  if (command !== 'wait') throw new Error('the command is one of: stopped, begin TIME, wait TIME')
  const since = instant(time)
  await waitUntilRead(nc)
  await tellWhatCameBack(setting('DATABASE_URL'), since)
}

try {
  await main(process.argv.slice(2))
  process.exit(0)
} catch (error) {
  process.stderr.write(`replay: ${error instanceof Error ? error.message : error}\n`)
  process.exit(1)
}
