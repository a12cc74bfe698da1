import { LecternError } from '@lectern/shared/errors.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'
import type { Account } from '../account.ts'
import type { End } from '../end.ts'

/** The ledger's hot statements: each is one round trip, whatever the number of entries. Staff's reading is in `statements`. */
export interface Ledger {
  /** Opens the account where it is new (its weekly allowance), and adds it up. */
  sum(account: Account, pending: string[]): Promise<LedgerSum>
  /** Appends ends; answers the reservations whose entry is new. Those that the ledger has already are left alone. */
  append(ends: readonly End[]): Promise<Set<string>>
}

export interface LedgerSum {
  granted: number
  settled: number
  /** Those of the pending reservations whose settlement the sum contains. */
  recorded: string[]
}

// FOR SHARE: a change of the allowance either waits for this entry and then corrects it, or is seen by it.
const SUM = `
  WITH opened AS (
    INSERT INTO quota.ledger_entries (kind, student_id, course_id, week, tokens, grant_id)
    SELECT 'allowance', s.id, c.id, $2, c.weekly_tokens, $3
      FROM quota.students s JOIN quota.courses c ON c.id = s.course_id
     WHERE s.id = $1 AND NOT EXISTS (SELECT FROM quota.ledger_entries WHERE grant_id = $3)
       FOR SHARE OF c
    ON CONFLICT (grant_id) DO NOTHING
    RETURNING tokens
  )
  SELECT coalesce(sum(tokens) FILTER (WHERE kind IN ('allowance', 'grant')), 0)
           + coalesce((SELECT tokens FROM opened), 0) AS granted,
         -coalesce(sum(tokens) FILTER (WHERE kind = 'settle'), 0) AS settled,
         coalesce(bool_or(kind = 'allowance'), false) OR EXISTS (SELECT FROM opened) AS is_open,
         coalesce(array_agg(reservation_id) FILTER (WHERE kind = 'settle' AND reservation_id = ANY($4)), '{}') AS recorded
    FROM quota.ledger_entries
   WHERE student_id = $1 AND week = $2`

// A reservation ends once; only a settlement may follow, where the hold had expired before.
const APPEND = `
  INSERT INTO quota.ledger_entries
    (kind, reservation_id, student_id, course_id, week, tokens, model, input_tokens, output_tokens)
  SELECT n.kind, n.reservation_id, n.student_id, n.course_id, n.week, -n.charge, n.model, n.input_tokens, n.output_tokens
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[])
      AS n (kind, reservation_id, student_id, course_id, week, charge, model, input_tokens, output_tokens)
   WHERE NOT EXISTS (
     SELECT FROM quota.ledger_entries e
      WHERE e.reservation_id = n.reservation_id AND e.kind <> n.kind
        AND NOT (n.kind = 'settle' AND e.kind = 'expire'))
  ON CONFLICT (reservation_id, kind) DO NOTHING
  RETURNING reservation_id`

/** The id of the entry that opens an account. */
export function allowanceId(studentId: string, week: number): string {
  return `allowance:${studentId}:${week}`
}

// The entry of another process is not yet seen in the statement that ran into it, but in the next.
const SUM_TRIES = 3

export function createLedger(pool: Pool): Ledger {
  return {
    async sum({ studentId, week }, pending) {
      for (let tries = 0; tries < SUM_TRIES; tries += 1) {
        const { rows } = await pool.query<SumRow>({
          name: 'ledger-sum',
          text: SUM,
          values: [studentId, week, allowanceId(studentId, week), pending],
        })
        const [row] = rows
        if (row?.is_open) {
          return { granted: toSafe(row.granted), settled: toSafe(row.settled), recorded: row.recorded }
        }
      }
      throw new LecternError('not_found', { message: 'There is no such student.' })
    },

    async append(ends) {
      // In one order everywhere, so that two replicas with the same ends cannot wait for each other.
      const sorted = ends.toSorted((a, b) => (a.reservationId < b.reservationId ? -1 : 1))
      const column = <K extends keyof End>(name: K) => sorted.map(end => end[name])
      const { rows } = await pool.query<{ reservation_id: string }>({
        name: 'ledger-append',
        text: APPEND,
        values: [
          column('kind'),
          column('reservationId'),
          column('studentId'),
          column('courseId'),
          column('week'),
          column('chargeTokens'),
          column('model'),
          column('inputTokens'),
          column('outputTokens'),
        ],
      })
      return new Set(rows.map(row => row.reservation_id))
    },
  }
}

interface SumRow {
  granted: string
  settled: string
  is_open: boolean
  recorded: string[]
}

/** Sums of tokens are far below 2^53; one that is not must not be rounded in silence. */
function toSafe(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`a sum of tokens is out of range: ${text}`)
  return value
}
