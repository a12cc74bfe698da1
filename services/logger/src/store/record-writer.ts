import { finished } from 'node:stream/promises'
import type { Logger } from '@lectern/shared/log.ts'
import { inTransaction, type Pool, type PoolClient } from '@lectern/shared/postgres/pool.ts'
import { from as copyFrom } from 'pg-copy-streams'
import { COLUMNS, type RecordRow } from '../record-row.ts'
import { storableJson, storableText } from '../storable.ts'
import { BinaryRows, type Cell } from './binary-rows.ts'

const NAMES = COLUMNS.map(([name]) => name).join(', ')
const FIRST_BYTES = 64 * 1024
/** A record of the batch is in the table already, or twice in the batch. */
const UNIQUE_VIOLATION = '23505'

/**
 * Stores records, each once however often it comes. Resolves when they are committed. Each row is asked for when it is written, so
 * that a batch of objects never stands in memory.
 */
export type RecordWriter = (rows: Iterable<RecordRow>) => Promise<void>

/**
 * Writes records to Postgres. By COPY, which costs Postgres two thirds of an INSERT but knows no ON CONFLICT: a batch with a
 * record that is there already (delivered again, so rarely) goes by way of a temporary table.
 */
export function createRecordWriter(pool: Pool, log: Logger): RecordWriter {
  async function copyAll(body: Buffer): Promise<void> {
    const client = await pool.connect()
    let isUnanswered = false
    try {
      await copy(client, 'logs.records', body)
    } catch (error) {
      // What Postgres refuses has a code. Without one the connection may still be in the middle of it.
      isUnanswered = (error as Refusal).code === undefined
      throw error
    } finally {
      client.release(isUnanswered)
    }
  }
  // As large as the last one was, and some more: most batches are alike.
  let bytes = FIRST_BYTES
  return async rows => {
    const { body, records } = toBinary(rows, bytes, log)
    bytes = body.length * 1.25
    try {
      await copyAll(body)
      log.debug({ records }, 'records stored')
    } catch (error) {
      if ((error as Refusal).code !== UNIQUE_VIOLATION) withoutContents(error as Refusal)
      const fresh = await inTransaction(pool, client => copyNew(client, body)).catch(withoutContents)
      log.debug({ records, repeated: records - fresh }, 'records stored')
    }
  }
}

async function copy(client: PoolClient, table: string, body: Buffer): Promise<void> {
  const copying = copyFrom(`COPY ${table} (${NAMES}) FROM STDIN (FORMAT binary)`)
  // The name is for the log of slow statements. At a callback of its own the tracing's span ends, which sees no other end.
  const stream = client.query(Object.assign(copying, { name: 'copy-records', callback: () => undefined }))
  stream.end(body)
  await finished(stream)
}

/** Answers how many were new. In the order in which they came, as a COPY writes: others may be writing the same. */
async function copyNew(client: PoolClient, body: Buffer): Promise<number> {
  await client.query('CREATE TEMPORARY TABLE arrived (LIKE logs.records INCLUDING DEFAULTS) ON COMMIT DROP')
  await copy(client, 'pg_temp.arrived', body)
  const { rowCount } = await client.query(
    `INSERT INTO logs.records (${NAMES}) SELECT ${NAMES} FROM pg_temp.arrived ORDER BY ctid
     ON CONFLICT (id, started_at) DO NOTHING`,
  )
  return rowCount ?? 0
}

function toBinary(rows: Iterable<RecordRow>, bytes: number, log: Logger): { body: Buffer; records: number } {
  const binary = new BinaryRows(bytes)
  let records = 0
  for (const row of rows) {
    records += 1
    let replaced = false
    binary.startRow(COLUMNS.length)
    for (const [name, type] of COLUMNS) {
      const value = row[name]
      if (type === 'jsonb') {
        const storable = storableJson(value)
        replaced ||= storable.replaced
        binary.add(type, storable.json)
      } else if (type === 'text' && value !== null) {
        const storable = storableText(value as string)
        replaced ||= storable !== value
        binary.add(type, storable)
      } else binary.add(type, value as Cell)
    }
    if (replaced) log.info({ id: row.id }, 'characters that Postgres cannot store became U+FFFD')
  }
  return { body: binary.end(), records }
}

interface Refusal extends Error {
  code?: unknown
  detail?: unknown
  where?: unknown
  schema?: unknown
}

/** What a refused batch means. Postgres quotes the row: what students wrote must not reach the log. */
function withoutContents(error: Refusal): never {
  delete error.detail
  delete error.where
  // The month's own partition was added while the row was on its way to the default one: no fault of the row.
  if (error.code === '23514' && error.schema === 'logs_parts') {
    throw new Error('the partition of a record was just added', { cause: error })
  }
  throw error
}
