import { manualClock } from '@lectern/shared/clock.ts'
import { FlagConversationCall } from '@lectern/shared/contracts/conversations.ts'
import type { Course } from '@lectern/shared/contracts/courses.ts'
import { createLog } from '@lectern/shared/log.ts'
import t from 'tap'
import { createRetention } from '../src/retention.ts'
import { createRemoveExpired } from '../src/store/expired.ts'
import { recordOf, startLogger, sumUp } from './logger.ts'

const { publish, drained, pool, storedIds, asking } = await startLogger(t)
const flag = asking(FlagConversationCall)
const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 10, 20)
const remove = createRemoveExpired(pool)
const course = (id: string, retentionDays?: number | null) => ({ id, retentionDays }) as Course

/** Two pages of courses, as quota tells them. */
const enforce = createRetention({
  listCourses: async ({ cursor }) =>
    cursor
      ? { items: [course('short', 3)], next: null }
      : { items: [course('cs101', 10), course('kept', null), course('older-quota')], next: 'more' },
  remove,
  clock: manualClock(NOW_MS),
  log: createLog('test', 'silent'),
  isStopping: () => false,
})
const store = async (...records: ReturnType<typeof recordOf>[]) => {
  await Promise.all(records.map(publish))
  await drained()
}

t.test('each course keeps its conversations as long as it says, and no longer', async t => {
  const daysAgo = (days: number) => NOW_MS - days * DAY_MS
  const of = (id: string, courseId: string, days: number) =>
    recordOf({ id, courseId, startedAtMs: daysAgo(days) })
  await store(
    of('old', 'cs101', 10.01),
    of('young', 'cs101', 9.99),
    of('s-old', 'short', 4),
    of('k-old', 'kept', 400),
    of('q-old', 'older-quota', 400),
  )
  for (const id of ['old', 'young']) await flag({ id, flagged: true, actor: 'kim' })
  await enforce()
  t.same(await storedIds('cs101'), ['old', 'young'], 'what is not in the sums yet waits for them')
  await sumUp(pool)
  await enforce()
  t.same(await storedIds('cs101'), ['young'])
  t.same(await storedIds('short'), [])
  t.same([await storedIds('kept'), await storedIds('older-quota')], [['k-old'], ['q-old']])
  const { rows } = await pool.query('SELECT record_id FROM logs.flags')
  t.same(rows, [{ record_id: 'young' }])
  const sums = await pool.query('SELECT sum(requests)::integer AS requests FROM logs.use_quarters')
  t.same(sums.rows, [{ requests: 5 }])
})

t.test('more than one portion is removed', async t => {
  await pool.query(`INSERT INTO logs.records SELECT (jsonb_populate_record(r, jsonb_build_object(
    'id', 'm' || n, 'course_id', 'short', 'started_at', '2026-11-01T00:00:00Z'))).*
    FROM logs.records r, generate_series(1, 1200) n WHERE r.id = 'young'`)
  await sumUp(pool)
  await enforce()
  t.same(await storedIds('short'), [])
})

t.test('one replica at a time, and never the last day', async t => {
  const client = await pool.connect()
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('lectern-logs-retention'))`)
  t.equal(await remove('kept', NOW_MS, 10), null)
  await client.query('ROLLBACK')
  client.release()
  await t.rejects(remove('kept', Date.now() - 1000, 10), { code: '23514' })
  t.same(await storedIds('kept'), ['k-old'])
})
