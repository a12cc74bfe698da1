import { inTransaction, type Pool } from '@lectern/shared/postgres/pool.ts'

/**
 * Removes some conversations of a course that began before an instant; answers how many, null where another replica is at it:
 * one at a time, so that the records that come in are not held up.
 */
export type RemoveExpired = (courseId: string, beforeMs: number, most: number) => Promise<number | null>

export function createRemoveExpired(pool: Pool): RemoveExpired {
  return (courseId, beforeMs, most) =>
    inTransaction(pool, async client => {
      const { rows: lock } = await client.query<{ mine: boolean }>(
        `SELECT pg_try_advisory_xact_lock(hashtext('lectern-logs-retention')) AS mine`,
      )
      if (!lock[0]?.mine) return null
      const { rows } = await client.query<{ removed: number }>(
        'SELECT logs.remove_expired($1, $2, $3) AS removed',
        [courseId, new Date(beforeMs), most],
      )
      return rows[0]?.removed ?? 0
    })
}
