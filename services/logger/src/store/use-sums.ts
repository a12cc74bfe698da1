import type { Pool } from '@lectern/shared/postgres/pool.ts'
import { inTransaction } from '@lectern/shared/postgres/pool.ts'
import { TRIAL_ACCOUNT } from '@lectern/shared/trial.ts'

/**
 * A record's instant of storing is the start of its statement, which takes 15 s at most (postgres/pool.ts): twice that later
 * every record of an instant can be seen, unless its commit hangs; then the sums wait for it.
 */
const SAFE_TO = `
  SELECT least(clock_timestamp() - interval '30 seconds', min(xact_start)) AS safe_to
    FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()`
/** So many records take a fraction of a second. */
const RECORDS_AT_ONCE = 20_000

/** The end of the next portion: a batch of records has one instant, and stays together. */
const NEXT = `
  WITH safe AS (${SAFE_TO})
  SELECT coalesce(
    (SELECT stored_at FROM logs.records WHERE stored_at > $1 AND stored_at <= (SELECT safe_to FROM safe)
      ORDER BY stored_at OFFSET $2 LIMIT 1),
    (SELECT date_trunc('milliseconds', safe_to) FROM safe)
  ) AS stored_to`

export const QUARTER = `date_bin('15 minutes', started_at, '2000-01-01T00:00:00Z')`
export const PAID = `(paid_by = 'course' AND NOT cached)`
// GREATEST takes no notice of null.
export const FIRST_TOKEN_BUCKET =
  'CASE WHEN first_token_ms IS NOT NULL THEN floor(ln(greatest(first_token_ms, 1)) / ln(1.1))::smallint END'

/** What staff try is nobody's use of the course. Its quarter is known all the same, with nothing in it: lists look there. */
export const OF_STUDENTS = `student_id !~ '${TRIAL_ACCOUNT}'`
const used = (column: string) => `coalesce(sum(${column}) FILTER (WHERE of_students), 0)`

const ADD = `
  WITH portion AS MATERIALIZED (
    SELECT course_id, week, student_id, model, outcome, coalesce(error_code, '') AS error_code, ${PAID} AS paid,
           ${QUARTER} AS at, input_tokens, cached_tokens, output_tokens, charge_tokens,
           ${FIRST_TOKEN_BUCKET} AS bucket, ${OF_STUDENTS} AS of_students
      FROM logs.records WHERE stored_at > $1 AND stored_at <= $2
  ), fresh AS (
    SELECT * FROM portion WHERE of_students
  ), quarters AS (
    INSERT INTO logs.use_quarters AS u
    SELECT course_id, week, at, model, outcome, error_code, paid, count(*) FILTER (WHERE of_students),
           ${['input_tokens', 'cached_tokens', 'output_tokens', 'charge_tokens'].map(used).join(', ')}
      FROM portion GROUP BY course_id, week, at, model, outcome, error_code, paid
        ON CONFLICT (course_id, week, at, model, outcome, error_code, paid) DO UPDATE SET
           requests = u.requests + excluded.requests,
           input_tokens = u.input_tokens + excluded.input_tokens,
           cached_tokens = u.cached_tokens + excluded.cached_tokens,
           output_tokens = u.output_tokens + excluded.output_tokens,
           charge_tokens = u.charge_tokens + excluded.charge_tokens
  ), students AS (
    INSERT INTO logs.use_students AS u
    SELECT course_id, week, student_id, count(*), sum(charge_tokens) FROM fresh GROUP BY course_id, week, student_id
        ON CONFLICT (course_id, week, student_id) DO UPDATE SET
           requests = u.requests + excluded.requests, charge_tokens = u.charge_tokens + excluded.charge_tokens
  ), first_tokens AS (
    INSERT INTO logs.use_first_tokens AS u
    SELECT course_id, week, model, bucket, count(*) FROM fresh WHERE bucket IS NOT NULL
     GROUP BY course_id, week, model, bucket
        ON CONFLICT (course_id, week, model, bucket) DO UPDATE SET requests = u.requests + excluded.requests
  )
  UPDATE logs.use_progress SET stored_to = $2 RETURNING (SELECT count(*)::integer FROM portion) AS records`

/**
 * Adds the records that were stored since the last time to the sums, each exactly once: the sums and how far they have come are
 * written together, and the row that says so is locked meanwhile, so that one replica at a time does it. A record that
 * comes late is counted where it belongs. Answers how many were added; fewer than asked for: it has caught up.
 */
export function addToSums(pool: Pool, recordsAtOnce = RECORDS_AT_ONCE): Promise<number> {
  return inTransaction(pool, async client => {
    const { rows: progress } = await client.query<{ stored_to: Date }>(
      'SELECT stored_to FROM logs.use_progress FOR UPDATE SKIP LOCKED',
    )
    const from = progress[0]?.stored_to
    if (!from) return 0
    const { rows: next } = await client.query<{ stored_to: Date }>(NEXT, [from, recordsAtOnce - 1])
    const to = next[0]?.stored_to
    if (!to || to <= from) return 0
    const { rows } = await client.query<{ records: number }>(ADD, [from, to])
    return rows[0]?.records ?? 0
  })
}

/** How far the sums have come; null: more than ten minutes behind, as after an upgrade. */
export async function summedTo(pool: Pool): Promise<Date | null> {
  const { rows } = await pool.query<{ stored_to: Date }>(
    `SELECT stored_to FROM logs.use_progress WHERE stored_to > now() - interval '10 minutes'`,
  )
  return rows[0]?.stored_to ?? null
}

/** Adds until it has caught up, or is to stop. */
export async function catchUp(pool: Pool, isStopping: () => boolean): Promise<void> {
  while (!isStopping() && (await addToSums(pool)) >= RECORDS_AT_ONCE) {
    // One portion after the other, each committed.
  }
}
