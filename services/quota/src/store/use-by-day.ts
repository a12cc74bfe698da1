import type { UseOfDay } from '@lectern/shared/contracts/me.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'
import type { Static } from 'typebox'

/** What a student used on the last days until `now`, by the ledger; also of the days without use. Days are those of a zone. */
export type UseByDay = (
  studentId: string,
  of: { timezone: string; days: number; now: Date },
) => Promise<Static<typeof UseOfDay>[]>

const USE = `
  WITH days AS (
    SELECT day::date FROM generate_series(
      ($3::timestamptz AT TIME ZONE $2)::date - ($4::int - 1), ($3::timestamptz AT TIME ZONE $2)::date, interval '1 day') AS d (day)
  ), used AS (
    SELECT (created_at AT TIME ZONE $2)::date AS day, count(*) AS requests, sum(input_tokens) AS input_tokens,
           sum(output_tokens) AS output_tokens, -sum(tokens) AS tokens
      FROM quota.ledger_entries
     WHERE student_id = $1 AND kind = 'settle'
       AND created_at >= (SELECT min(day) FROM days)::timestamp AT TIME ZONE $2
     GROUP BY 1
  )
  SELECT to_char(day, 'YYYY-MM-DD') AS day, coalesce(requests, 0)::float8 AS requests,
         coalesce(input_tokens, 0)::float8 AS "inputTokens", coalesce(output_tokens, 0)::float8 AS "outputTokens",
         coalesce(tokens, 0)::float8 AS tokens
    FROM days LEFT JOIN used USING (day) ORDER BY day`

export function createUseByDay(pool: Pool): UseByDay {
  return async (studentId, { timezone, days, now }) => {
    const { rows } = await pool.query<Static<typeof UseOfDay>>(USE, [studentId, timezone, now, days])
    return rows
  }
}
