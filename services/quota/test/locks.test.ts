import * as staff from '@lectern/shared/contracts/courses.ts'
import t from 'tap'
import { startFixture, until } from './fixture.ts'

/** Who changes a course and who opens an account of it at the same moment: one waits for the other. */

const quota = await startFixture(t)

/** Runs `work` while another session has locked the course; `begun` resolves when so many others wait for a lock. */
async function whileLocked(
  courseId: string,
  change: string,
  work: (begun: (waiting: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const session = await quota.pool.connect()
  const waiting = async (count: number) => {
    const { rows } = await quota.pool.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock'`,
    )
    return rows[0]?.waiting === count
  }
  try {
    await session.query('BEGIN')
    await session.query(change, [courseId])
    await work(count => until(() => waiting(count)))
  } finally {
    await session.query('COMMIT')
    session.release()
  }
}

t.test('P1: an account is not opened with an allowance that is being changed', async t => {
  const who = await quota.course({ weeklyTokens: 100 })
  let opened: Promise<{ granted: number }> | undefined
  const change = 'UPDATE quota.courses SET weekly_tokens = 300 WHERE id = $1'
  await whileLocked(who.courseId, change, async begun => {
    opened = quota.balance(who)
    await begun(1)
  })
  t.match(await opened, { granted: 300 })
})

t.test('P1: of two changes of a course the second knows what the first one changed', async t => {
  const who = await quota.course({ weeklyTokens: 100 })
  t.match(await quota.balance(who), { granted: 100 })
  const update = (weeklyTokens: number) =>
    quota.ask(staff.UpdateCourseCall, { courseId: who.courseId, patch: { weeklyTokens }, actor: 'staff' })
  const changes: Promise<unknown>[] = []
  const lock = 'SELECT FROM quota.courses WHERE id = $1 FOR UPDATE'
  await whileLocked(who.courseId, lock, async begun => {
    changes.push(update(200))
    await begun(1)
    changes.push(update(100))
    await begun(2)
  })
  await Promise.all(changes)
  t.match(await quota.balance(who), { granted: 100 })
})
