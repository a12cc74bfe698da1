import { LecternError } from '@lectern/shared/errors.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'
import type { Account } from '../account.ts'
import type { End } from '../end.ts'
import { allowanceIn } from './allowances.ts'

/** The ledger's hot statements: each is one round trip, whatever the number of entries. Staff's reading is in `statements`. */
export interface Ledger {
  /**
   * Opens the account where it is new (its allowance, and what is carried into it), and adds it up; in the same look says
   * which of the reservations have ended. `openBefore`: what the week before still has open; null: nothing is carried now.
   */
  sum(account: Account, reservations: string[], openBefore: number | null): Promise<LedgerSum>
  /** Appends ends; answers the reservations whose entry is new. Those that the ledger has already are left alone. */
  append(ends: readonly End[]): Promise<Set<string>>
}

export interface LedgerSum {
  granted: number
  settled: number
  /** What staff took back, as a positive number. */
  takenBack: number
  /** Of the reservations asked about: their end, the last one where a settlement followed an expiry. */
  ends: Map<string, Pick<End, 'kind' | 'chargeTokens'>>
}

// FOR SHARE: a change of the allowance, or of the student's group, either waits for this entry and then corrects it, or is seen by it.
// What is carried: the week before as it stands, where it was never opened its whole allowance (and that of every such week
// before it, for less than the cap was left by then), without what is still open there. Written once, never revised.
// Ends are asked for as they are indexed: an expiry apart from the others.
const SUM = `
  WITH due AS (
    SELECT s.id AS student_id, c.id AS course_id, c.carry_over_tokens,
           ${allowanceIn('1')} AS weekly_tokens, ${allowanceIn('$2')} AS allowance,
           NOT EXISTS (SELECT FROM quota.ledger_entries WHERE grant_id = $3) AS is_new,
           $6::bigint IS NOT NULL AND c.carry_over_tokens > 0
             AND NOT EXISTS (SELECT FROM quota.ledger_entries WHERE grant_id = $5) AS carries
      FROM quota.students s JOIN quota.courses c ON c.id = s.course_id
     WHERE s.id = $1
       AND (NOT EXISTS (SELECT FROM quota.ledger_entries WHERE grant_id = $3)
            OR ($6::bigint IS NOT NULL AND c.carry_over_tokens > 0
                AND NOT EXISTS (SELECT FROM quota.ledger_entries WHERE grant_id = $5)))
       FOR SHARE OF c, s
  ), carried AS (
    SELECT least(d.carry_over_tokens, greatest(coalesce(sum(e.tokens) - $6, 0), 0) + d.weekly_tokens * ($2 - 1 - last.week)) AS tokens
      FROM due d
     CROSS JOIN LATERAL (SELECT coalesce(max(week), 0) AS week FROM quota.ledger_entries
                          WHERE student_id = $1 AND week < $2 AND kind = 'allowance') AS last
      LEFT JOIN quota.ledger_entries e ON e.student_id = $1 AND e.week = last.week
     WHERE d.carries
     GROUP BY d.carry_over_tokens, d.weekly_tokens, last.week
  ), opened AS (
    INSERT INTO quota.ledger_entries (kind, student_id, course_id, week, tokens, grant_id, reason)
    SELECT 'allowance', student_id, course_id, $2::int, allowance, $3, NULL FROM due WHERE is_new
    UNION ALL
    SELECT 'carry', student_id, course_id, $2, carried.tokens, $5, 'unused tokens of the week before' FROM due, carried
    ON CONFLICT (grant_id) DO NOTHING
    RETURNING kind, tokens
  ), asked AS (
    SELECT * FROM quota.ledger_entries WHERE reservation_id = ANY($4) AND kind IN ('settle', 'release')
    UNION ALL
    SELECT * FROM quota.ledger_entries WHERE reservation_id = ANY($4) AND kind = 'expire'
  )
  SELECT coalesce(sum(tokens) FILTER (WHERE kind IN ('allowance', 'carry', 'grant')), 0)
           + coalesce((SELECT sum(tokens) FROM opened), 0) AS granted,
         -coalesce(sum(tokens) FILTER (WHERE kind = 'settle'), 0) AS settled,
         -coalesce(sum(tokens) FILTER (WHERE kind = 'grant' AND tokens < 0), 0) AS taken_back,
         coalesce(bool_or(kind = 'allowance'), false) OR EXISTS (SELECT FROM opened WHERE kind = 'allowance') AS is_open,
         (SELECT json_agg(json_build_array(reservation_id, kind, -tokens) ORDER BY id) FROM asked) AS ends
    FROM quota.ledger_entries
   WHERE student_id = $1 AND week = $2`

// A reservation ends once; only a settlement may follow, where the hold had expired before. Two unique indexes see to that, also
// between replicas; only that no expiry follows a settlement is left to say here.
const APPEND = `
  INSERT INTO quota.ledger_entries
    (kind, reservation_id, student_id, course_id, week, tokens, model, input_tokens, output_tokens)
  SELECT n.kind, n.reservation_id, n.student_id, n.course_id, n.week, -n.charge, n.model, n.input_tokens, n.output_tokens
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[])
      AS n (kind, reservation_id, student_id, course_id, week, charge, model, input_tokens, output_tokens)
   WHERE NOT EXISTS (
     SELECT FROM quota.ledger_entries e
      WHERE n.kind = 'expire' AND e.reservation_id = n.reservation_id AND e.kind IN ('settle', 'release'))
  ON CONFLICT DO NOTHING
  RETURNING reservation_id`

/** The ids of the entries that open an account. */
export function openingIds(studentId: string, week: number) {
  return { allowance: `allowance:${studentId}:${week}`, carry: `carry:${studentId}:${week}` }
}

// The entry of another process is not yet seen in the statement that ran into it, but in the next.
const SUM_TRIES = 3

export function createLedger(pool: Pool): Ledger {
  return {
    async sum({ studentId, week }, reservations, openBefore) {
      const { allowance, carry } = openingIds(studentId, week)
      for (let tries = 0; tries < SUM_TRIES; tries += 1) {
        const { rows } = await pool.query<SumRow>({
          name: 'ledger-sum',
          text: SUM,
          values: [studentId, week, allowance, reservations, carry, openBefore],
        })
        const [row] = rows
        if (row?.is_open) {
          const { granted, settled, taken_back: takenBack, ends } = row
          return {
            granted: toSafe(granted),
            settled: toSafe(settled),
            takenBack: toSafe(takenBack),
            ends: new Map(ends?.map(([id, kind, chargeTokens]) => [id, { kind, chargeTokens }])),
          }
        }
      }
      throw new LecternError('not_found', { message: 'There is no such student.' })
    },

    async append(ends) {
      // In one order everywhere, so that two replicas with the same ends cannot wait for each other.
      const sorted = firstOfEach(ends).toSorted((a, b) => (a.reservationId < b.reservationId ? -1 : 1))
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

/** A statement does not see its own rows: of two ends of one reservation in it, only the first may be told to Postgres. */
function firstOfEach(ends: readonly End[]): End[] {
  return [...new Map(ends.toReversed().map(end => [end.reservationId, end])).values()]
}

interface SumRow {
  granted: string
  settled: string
  taken_back: string
  is_open: boolean
  ends: [string, End['kind'], number][] | null
}

/** Sums of tokens are far below 2^53; one that is not must not be rounded in silence. */
function toSafe(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`a sum of tokens is out of range: ${text}`)
  return value
}
