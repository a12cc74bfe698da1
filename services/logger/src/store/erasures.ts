import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type { EraseStudentCall, Erasure } from '@lectern/shared/contracts/conversations.ts'
import { inTransaction, type Pool } from '@lectern/shared/postgres/pool.ts'
import { storableText } from '../storable.ts'

/** Deleting what students wrote, with proof. */
export interface Erasures {
  erase(asked: RequestOf<typeof EraseStudentCall>): Promise<Erasure>
  /** Of a student, newest first. */
  list(studentId: string): Promise<Erasure[]>
  /**
   * Takes the texts out of what belongs to an erasure and came after it: delivered late, or restored from a backup. `sinceMs`: of
   * erasures from then on.
   */
  eraseLate(sinceMs: number): Promise<number>
}

/** So many records are changed within a statement's time, megabytes of text each. */
const RECORDS_AT_ONCE = 1000

interface Row {
  student_id: string
  reason: string
  actor: string
  at: Date
  records: number
  first_at: Date | null
  last_at: Date | null
  digest: string
}
const COLUMNS = 'student_id, reason, actor, at, records, first_at, last_at, digest'

const PROVE = `
  INSERT INTO logs.erasures (${COLUMNS})
  SELECT $1, $2, $3, $4, count(*), min(started_at), max(started_at),
         encode(sha256(convert_to(coalesce(string_agg(id, E'\\n' ORDER BY id COLLATE "C"), ''), 'UTF8')), 'hex')
    FROM logs.records WHERE student_id = $1 AND started_at <= $4
  RETURNING ${COLUMNS}`

const ERASE = 'SELECT logs.erase_texts($1, $2, $3) AS erased'
const ERASE_LATE = `
  SELECT coalesce(sum(logs.erase_texts(student_id, at, $2)), 0)::integer AS erased
    FROM (SELECT student_id, max(at) AS at FROM logs.erasures WHERE at >= $1 GROUP BY student_id) AS latest`

export function createErasures(pool: Pool): Erasures {
  return {
    erase({ studentId, reason, actor }) {
      // All of it or nothing: the proof is committed with what it proves.
      return inTransaction(pool, async client => {
        const { rows: clock } = await client.query<{ at: Date }>(
          `SELECT date_trunc('milliseconds', clock_timestamp()) AS at`,
        )
        const at = clock[0]?.at
        for (let erased = RECORDS_AT_ONCE; erased >= RECORDS_AT_ONCE; ) {
          const { rows } = await client.query<{ erased: number }>(ERASE, [studentId, at, RECORDS_AT_ONCE])
          erased = rows[0]?.erased ?? 0
        }
        await client.query('DELETE FROM logs.notes WHERE student_id = $1', [studentId])
        const values = [studentId, storableText(reason), storableText(actor), at]
        const { rows } = await client.query<Row>(PROVE, values)
        return toErasure(rows[0] as Row)
      })
    },
    async list(studentId) {
      const { rows } = await pool.query<Row>(
        `SELECT ${COLUMNS} FROM logs.erasures WHERE student_id = $1 ORDER BY at DESC LIMIT 100`,
        [studentId],
      )
      return rows.map(toErasure)
    },
    async eraseLate(sinceMs) {
      const { rows } = await pool.query<{ erased: number }>(ERASE_LATE, [new Date(sinceMs), RECORDS_AT_ONCE])
      return rows[0]?.erased ?? 0
    },
  }
}

function toErasure({ student_id, reason, actor, at, records, first_at, last_at, digest }: Row): Erasure {
  return {
    ...{ student: student_id, reason, actor, records, digest },
    at: at.toISOString(),
    from: first_at?.toISOString() ?? null,
    to: last_at?.toISOString() ?? null,
  }
}
