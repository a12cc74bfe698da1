import type { Logger } from '@lectern/shared/log.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'
import { COLUMNS, type RecordRow } from '../record-row.ts'
import { storableJson } from '../storable.ts'

/**
 * Most JSON in one statement. A batch of the usual 3 kB records stays far below; one of megabytes each would else outgrow
 * what a statement may take in time, and jsonb's own bound of 256 MB.
 */
const MAX_STATEMENT_CHARACTERS = 8 * 1024 * 1024

// One parameter for a whole batch: measured as fast as an array for each column, and the columns stand once.
const INSERT = `
  INSERT INTO logs.records (${COLUMNS.join(', ')})
  SELECT ${COLUMNS.join(', ')} FROM jsonb_populate_recordset(NULL::logs.records, $1::jsonb)
  ON CONFLICT (id, started_at) DO NOTHING`

/** Stores records, each once however often it comes. Resolves when they are committed. */
export type RecordWriter = (rows: readonly RecordRow[]) => Promise<void>

/** Writes records to Postgres. */
export function createRecordWriter(pool: Pool, log: Logger): RecordWriter {
  return async rows => {
    // In one order, so that replicas that were given the same records wait for each other instead of deadlocking.
    const inOrder = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    for (const statement of statementsOf(inOrder, log)) {
      const { rowCount } = await pool.query(INSERT, [`[${statement.join(',')}]`]).catch(withoutContents)
      const repeated = statement.length - (rowCount ?? 0)
      log.debug({ records: statement.length, repeated }, 'records stored')
    }
  }
}

function* statementsOf(rows: readonly RecordRow[], log: Logger): Generator<string[]> {
  let statement: string[] = []
  let size = 0
  for (const row of rows) {
    const { json, replaced } = storableJson(row)
    if (replaced) log.info({ id: row.id }, 'characters that Postgres cannot store became U+FFFD')
    if (statement.length > 0 && size + json.length > MAX_STATEMENT_CHARACTERS) {
      yield statement
      statement = []
      size = 0
    }
    statement.push(json)
    size += json.length
  }
  if (statement.length > 0) yield statement
}

interface Refusal extends Error {
  code?: unknown
  detail?: unknown
  where?: unknown
  schema?: unknown
}

/** What a refused statement means for its batch. Postgres quotes the row: what students wrote must not reach the log. */
function withoutContents(error: Refusal): never {
  delete error.detail
  delete error.where
  // The month's own partition was added while the row was on its way to the default one: no fault of the row.
  if (error.code === '23514' && error.schema === 'logs_parts') {
    throw new Error('the partition of a record was just added', { cause: error })
  }
  throw error
}
