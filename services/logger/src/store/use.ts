import { inTransaction, type Pool } from '@lectern/shared/postgres/pool.ts'
import type pg from 'pg'
import { FIRST_TOKEN_BUCKET, OF_STUDENTS, PAID, QUARTER } from './use-sums.ts'

/** Of one week (or of all) of a course, summed by whatever a query asks for. */
interface Sums {
  requests: number
  input_tokens: number
  cached_tokens: number
  output_tokens: number
  charge_tokens: number
}
export interface QuarterRow extends Sums {
  at: Date
  model: string
  outcome: string
  error_code: string
  paid: boolean
}
export interface WeekRow extends Sums {
  week: number
  outcome: string
}
export interface BucketRow {
  week: number
  model: string
  bucket: number
  requests: number
}
export interface StudentRow {
  student_id: string
  requests: number
  charge_tokens: number
  /** Of all students together. */
  students: number
}

/** The sums of a course, with what was stored since they were made. */
export interface Use {
  week(
    courseId: string,
    week: number,
  ): Promise<{
    quarters: QuarterRow[]
    buckets: BucketRow[]
    topStudents: StudentRow[]
    countedTo: Date
  }>
  /** Of all weeks, or of one. */
  weeks(
    courseId: string,
    week: number | null,
  ): Promise<{
    weeks: WeekRow[]
    buckets: BucketRow[]
    students: { week: number; students: number }[]
    countedTo: Date
  }>
  /** What was asked most in a week: of its newest questions, and of how many those were. */
  questions(
    courseId: string,
    week: number,
    limit: number,
  ): Promise<{ items: { question: string; requests: number; students: number }[]; read: number }>
}

const TOP_STUDENTS = 200
const QUESTIONS_READ = 20_000
/** Questions are the same that begin with the same so many characters. */
const QUESTION_CHARACTERS = 80

// What was stored after the sums ($3) is added as it is read: the last minute. $1 is the course, $2 the week, null: all.
const FROM_SUMS = 'WHERE course_id = $1 AND ($2::integer IS NULL OR week = $2)'
const FRESH = `FROM logs.records ${FROM_SUMS} AND stored_at > $3 AND ${OF_STUDENTS}`
const TOKENS = ['input_tokens', 'cached_tokens', 'output_tokens', 'charge_tokens']
const SUMS = ['requests', ...TOKENS].map(name => `sum(${name})::double precision AS ${name}`).join(', ')

const QUARTERS = `(
  SELECT week, at, model, outcome, error_code, paid, requests, ${TOKENS}
    FROM logs.use_quarters ${FROM_SUMS} AND requests > 0
  UNION ALL
  SELECT week, ${QUARTER}, model, outcome, coalesce(error_code, ''), ${PAID}, 1, ${TOKENS} ${FRESH}
) AS quarters`
const STUDENTS = `(
  SELECT week, student_id, requests, charge_tokens FROM logs.use_students ${FROM_SUMS}
  UNION ALL
  SELECT week, student_id, 1, charge_tokens ${FRESH}
) AS students`
const BUCKETS = `
  SELECT week, model, bucket, sum(requests)::double precision AS requests FROM (
    SELECT week, model, bucket, requests FROM logs.use_first_tokens ${FROM_SUMS}
    UNION ALL
    SELECT week, model, ${FIRST_TOKEN_BUCKET}, 1 ${FRESH} AND first_token_ms IS NOT NULL
  ) AS buckets GROUP BY week, model, bucket`

const BY_QUARTER = `
  SELECT at, model, outcome, error_code, paid, ${SUMS} FROM ${QUARTERS}
   GROUP BY at, model, outcome, error_code, paid ORDER BY at`
const BY_WEEK = `SELECT week, outcome, ${SUMS} FROM ${QUARTERS} GROUP BY week, outcome ORDER BY week`
const TOP = `
  SELECT student_id, sum(requests)::double precision AS requests, sum(charge_tokens)::double precision AS charge_tokens,
         count(*) OVER ()::integer AS students
    FROM ${STUDENTS} GROUP BY student_id ORDER BY sum(charge_tokens) DESC, student_id LIMIT ${TOP_STUDENTS}`
const STUDENTS_BY_WEEK = `SELECT week, count(DISTINCT student_id)::integer AS students FROM ${STUDENTS} GROUP BY week`

/** The quarter hours between which a week lies, so that only its records are read. */
const BOUNDS =
  'SELECT min(at) AS first, max(at) AS last FROM logs.use_quarters WHERE course_id = $1 AND week = $2'
const TOP_QUESTIONS = `
  WITH newest AS (
    SELECT question, student_id FROM logs.records
     WHERE course_id = $1 AND week = $2 AND started_at >= $3 AND started_at < $4 AND question <> '' AND ${OF_STUDENTS}
     ORDER BY started_at DESC LIMIT ${QUESTIONS_READ}
  ), folded AS (
    SELECT question, student_id,
           left(upper(normalize(regexp_replace(left(question, 2 * ${QUESTION_CHARACTERS}), '\\s+', ' ', 'g'), NFKC)), ${QUESTION_CHARACTERS}) AS beginning
      FROM newest
  )
  SELECT min(question) AS question, count(*)::integer AS requests, count(DISTINCT student_id)::integer AS students,
         (SELECT count(*)::integer FROM newest) AS read
    FROM folded GROUP BY beginning ORDER BY count(*) DESC, beginning LIMIT $5`

const QUARTER_MS = 15 * 60_000
const DAY_MS = 24 * 3_600_000

export function createUse(pool: Pool): Use {
  return {
    week: (courseId, week) =>
      reading(pool, async (client, to) => {
        const ask = asking(client, [courseId, week, to.since])
        return {
          quarters: await ask<QuarterRow>(BY_QUARTER),
          buckets: await ask<BucketRow>(BUCKETS),
          topStudents: await ask<StudentRow>(TOP),
          countedTo: to.countedTo,
        }
      }),
    weeks: (courseId, week) =>
      reading(pool, async (client, to) => {
        const ask = asking(client, [courseId, week, to.since])
        return {
          weeks: await ask<WeekRow>(BY_WEEK),
          buckets: await ask<BucketRow>(BUCKETS),
          students: await ask<{ week: number; students: number }>(STUDENTS_BY_WEEK),
          countedTo: to.countedTo,
        }
      }),
    async questions(courseId, week, limit) {
      const { rows: bounds } = await pool.query<{ first: Date | null; last: Date | null }>(BOUNDS, [
        courseId,
        week,
      ])
      const { first, last } = bounds[0] ?? {}
      // What is not in the sums yet may lie a little outside; where nothing is, all of it.
      const from = new Date((first?.getTime() ?? 0) - DAY_MS)
      const until = last ? new Date(last.getTime() + QUARTER_MS + DAY_MS) : 'infinity'
      type Row = { question: string; requests: number; students: number; read: number }
      const { rows } = await pool.query<Row>(TOP_QUESTIONS, [courseId, week, from, until, limit])
      return { items: rows.map(({ read: _, ...item }) => item), read: rows[0]?.read ?? 0 }
    },
  }
}

interface Reach {
  /** What was stored after it is not in the sums. `infinity`: too much is not, and is left out. */
  since: Date | 'infinity'
  countedTo: Date
}

const PROGRESS = `
  SELECT stored_to, now() AS now, stored_to > now() - interval '10 minutes' AS is_near FROM logs.use_progress`

/** Runs several statements on one picture of the database: nothing moves from the records to the sums between them. */
function reading<T>(pool: Pool, work: (client: pg.ClientBase, reach: Reach) => Promise<T>): Promise<T> {
  return inTransaction(pool, async client => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { rows } = await client.query<{ stored_to: Date; now: Date; is_near: boolean }>(PROGRESS)
    const { stored_to, now, is_near } = rows[0] ?? { stored_to: new Date(0), now: new Date(), is_near: false }
    return work(
      client,
      is_near ? { since: stored_to, countedTo: now } : { since: 'infinity', countedTo: stored_to },
    )
  })
}

function asking(client: pg.ClientBase, values: unknown[]) {
  return async <R extends pg.QueryResultRow>(text: string): Promise<R[]> =>
    (await client.query<R>(text, values)).rows
}
