import type pg from 'pg'

/** Fills the tables as three past weeks and a running one would have: made in Postgres itself, without its indexes at first. */

export interface Size {
  students: number
  /** Entries of the ledger for each student: in each of the four weeks an allowance and settlements. */
  entriesEach: number
}

export const WEEKS = 4
export const STUDENTS_A_COURSE = 500
const CHUNK = 100_000

/** Answers how many students there are: fewer than asked for where time ran out. */
export async function seed(
  client: pg.Client,
  { students, entriesEach }: Size,
  deadlineMs: number,
  say: (line: string) => void,
): Promise<number> {
  await client.query('SET search_path TO quota; SET session_replication_role = replica')
  await client.query("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off")
  const indexes = await dropIndexes(client)
  const giveUpAt = performance.now() + deadlineMs
  let done = 0
  while (done < students && performance.now() < giveUpAt) {
    const until = Math.min(done + CHUNK, students)
    await insert(client, done, until, entriesEach)
    done = until
    say(`${done} students, ${done * entriesEach} entries`)
  }
  for (const index of indexes) await client.query(index)
  say(`${indexes.length} indexes`)
  await client.query('ANALYZE courses, students, api_keys, ledger_entries')
  return done
}

/** Without a crash to survive, and with all indexes made at the end, the same tables are there in a third of the time. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
       FROM pg_index i
      WHERE i.indrelid IN ('students'::regclass, 'api_keys'::regclass, 'ledger_entries'::regclass)
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`,
  )
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`)
  for (const table of ['provider_keys', 'ledger_entries', 'api_keys', 'students'])
    await client.query(
      `ALTER TABLE ${table} SET UNLOGGED; ALTER TABLE ${table} SET (autovacuum_enabled = false)`,
    )
  return rows.map(row => row.definition)
}

async function insert(client: pg.Client, from: number, until: number, entriesEach: number): Promise<void> {
  const numbers = `generate_series(${from}, ${until - 1})`
  await client.query(`
    INSERT INTO courses (id, name, timezone, starts_on, weeks, weekly_tokens, default_max_tokens, models,
                         requests_per_minute, parallel_requests)
    SELECT 'course-' || c, 'Course', 'UTC', current_date - ${7 * (WEEKS - 1)}, 20, 1000000000, 100, '{}', 1000000, 100000
      FROM generate_series(${from / STUDENTS_A_COURSE}, ${Math.ceil(until / STUDENTS_A_COURSE) - 1}) c`)
  await client.query(`
    INSERT INTO students (id, course_id, name) SELECT 's-' || n, 'course-' || n / ${STUDENTS_A_COURSE}, 'Ada' FROM ${numbers} n`)
  // The first byte of a key's hash is its course's bucket.
  await client.query(`
    INSERT INTO api_keys (id, student_id, hash, hint)
    SELECT 'k-' || n, 's-' || n, ${hashOf(`('course-' || n / ${STUDENTS_A_COURSE})`)} , '…' FROM ${numbers} n`)
  // By time, students side by side: the entries of one student lie as far apart as in real life.
  await client.query(`
    INSERT INTO ledger_entries (kind, student_id, course_id, week, tokens, grant_id, reservation_id, model, input_tokens, output_tokens)
    SELECT CASE e WHEN 0 THEN 'allowance' ELSE 'settle' END, 's-' || n, 'course-' || n / ${STUDENTS_A_COURSE}, w,
           CASE e WHEN 0 THEN 1000000000 ELSE -1000 END,
           CASE e WHEN 0 THEN 'allowance:s-' || n || ':' || w END,
           CASE e WHEN 0 THEN NULL ELSE 'r-' || n || '-' || w || '-' || e END,
           CASE e WHEN 0 THEN NULL ELSE 'demo' END, CASE e WHEN 0 THEN NULL ELSE 600 END, CASE e WHEN 0 THEN NULL ELSE 400 END
      FROM generate_series(1, ${WEEKS}) w, generate_series(0, ${entriesEach / WEEKS - 1}) e, ${numbers} n`)
}

const sha256 = (text: string) => `encode(sha256((${text})::bytea), 'hex')`

function hashOf(course: string): string {
  return `substr(${sha256(course)}, 1, 2) || substr(${sha256("'s-' || n")}, 3)`
}
