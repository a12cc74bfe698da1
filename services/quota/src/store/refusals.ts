import type { RefusalUse } from '@lectern/shared/contracts/refusals.ts'
import type { Pool } from '@lectern/shared/postgres/pool.ts'

/** Refusals in Postgres, as sums. */
export interface Refusals {
  /** Adds to the sums, all or nothing. */
  add(counts: readonly RefusalCount[]): Promise<void>
  /** Most requests first. */
  ofWeek(courseId: string, week: number): Promise<RefusalUse[]>
}

export interface RefusalCount {
  courseId: string
  week: number
  reason: string
  studentId: string
  requests: number
  lastAt: Date
}

// Two keys of one student may come together. In order, so that replicas that add at the same time do not lock each other out.
const ADD = `
  INSERT INTO quota.refusals AS r (course_id, week, reason, student_id, requests, last_at)
  SELECT course_id, week, reason, student_id, sum(requests), max(last_at)
    FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
      AS n (course_id, week, reason, student_id, requests, last_at)
   GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (course_id, week, reason, student_id)
  DO UPDATE SET requests = r.requests + excluded.requests, last_at = greatest(r.last_at, excluded.last_at)`

const OF_WEEK = `
  SELECT reason, sum(requests)::float8 AS requests, count(*)::float8 AS students, max(last_at) AS last_at
    FROM quota.refusals WHERE course_id = $1 AND week = $2
   GROUP BY reason ORDER BY 2 DESC, reason`

export function createRefusals(pool: Pool): Refusals {
  return {
    async add(counts) {
      const column = <K extends keyof RefusalCount>(name: K) => counts.map(count => count[name])
      const columns = ['courseId', 'week', 'reason', 'studentId', 'requests', 'lastAt'] as const
      await pool.query(ADD, columns.map(column))
    },

    async ofWeek(courseId, week) {
      const { rows } = await pool.query<Omit<RefusalUse, 'lastAt'> & { last_at: Date }>(OF_WEEK, [
        courseId,
        week,
      ])
      return rows.map(({ last_at, ...sums }) => ({ ...sums, lastAt: last_at.toISOString() }))
    },
  }
}
