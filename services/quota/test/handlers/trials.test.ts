import { randomUUIDv7 } from 'node:crypto'
import { manualClock } from '@lectern/shared/clock.ts'
import { GrantCall } from '@lectern/shared/contracts/budget.ts'
import * as staff from '@lectern/shared/contracts/courses.ts'
import { AuthenticateCall } from '@lectern/shared/contracts/quota.ts'
import * as roster from '@lectern/shared/contracts/roster.ts'
import { MintTrialKeyCall } from '@lectern/shared/contracts/trials.ts'
import { bucketOfCourse, bucketOfKeyHash } from '@lectern/shared/keys.ts'
import { isTrialAccount } from '@lectern/shared/trial.ts'
import t from 'tap'
import { type Enrolled, newKey, startFixture, until } from '../fixture.ts'

/** Accounts on which staff try prompts: paid exactly, and nowhere on the roster. */

const MINUTE_MS = 60_000
const clock = manualClock(Date.now())
// Real servers on a busy machine.
t.setTimeout(120_000)
const quota = await startFixture(t, { clock })
const { ask } = quota

async function trialOf(courseId: string, who = 'staff-1'): Promise<Enrolled> {
  const { hash } = newKey(courseId)
  const { studentId } = await ask(MintTrialKeyCall, { courseId, staff: who, name: 'Ada', keyHash: hash })
  return { courseId, studentId, keyId: '', keyHash: hash }
}
const idsOf = async (courseId: string) =>
  (await ask(staff.ListStudentsCall, { courseId, limit: 50 })).items.map(({ id }) => id)

t.test(
  'P1 P2: a trial is held, charged and ends once, from the week’s allowance of its own account',
  async t => {
    const student = await quota.course({ weeklyTokens: 1000 })
    const { courseId } = student
    const trial = await trialOf(courseId)
    t.ok(isTrialAccount(trial.studentId))
    t.match(await ask(AuthenticateCall, { keyHash: trial.keyHash }), { studentId: trial.studentId, courseId })
    const reservationId = randomUUIDv7()
    const held = await quota.reserve(trial, { reservationId, inputTokens: 100, maxOutputTokens: 800 })
    t.match(held, { granted: true, studentId: trial.studentId, tokensHeld: 900, remaining: 100 })
    t.match(await quota.reserve(trial, { inputTokens: 101, maxOutputTokens: 800 }), {
      granted: false,
      reason: 'budget_in_use',
    })
    await quota.record(trial, { id: reservationId, charge: 300 })
    await until(async () => (await quota.balance(trial)).held === 0)
    t.match(await quota.balance(trial), { granted: 1000, used: 300, remaining: 700 })
    t.match(await quota.balance(student), { used: 0 }, 'nobody else pays')
  },
)

t.test('one account for each of the staff in each course, whoever opens it', async t => {
  const replica = await quota.startReplica()
  const [{ courseId }, other] = [await quota.course(), await quota.course()]
  const opened = await Promise.all(Array.from({ length: 6 }, () => trialOf(courseId)))
  t.equal(new Set(opened.map(({ studentId }) => studentId)).size, 1)
  t.equal(new Set(opened.map(({ keyHash }) => keyHash)).size, 6)
  const ids = [await trialOf(courseId, 'staff-2'), await trialOf(other.courseId), ...opened]
  t.equal(new Set(ids.map(({ studentId }) => studentId)).size, 3)
  await t.rejects(trialOf('absent'), { code: 'not_found' })
  // One course in 256 has the same bucket.
  const hashes = Array.from({ length: 20 }, (_, index) => newKey(`another-${index}`).hash)
  const keyHash = hashes.find(hash => bucketOfKeyHash(hash) !== bucketOfCourse(courseId)) ?? ''
  const elsewhere = { courseId, staff: 'x', name: 'x', keyHash }
  await t.rejects(ask(MintTrialKeyCall, elsewhere), { code: 'invalid_request' })
  await replica.stop()
})

t.test('P10: its key ends after ten minutes', async t => {
  const { courseId } = await quota.course()
  const trial = await trialOf(courseId)
  clock.advance(10 * MINUTE_MS)
  t.match(await ask(AuthenticateCall, { keyHash: trial.keyHash }), { known: false })
  t.match(await quota.reserve(trial), { granted: false, reason: 'invalid_api_key' })
})

t.test(
  'it is nobody on the roster: not listed, dropped, changed, granted with all, nor given a key',
  async t => {
    const { courseId, studentId } = await quota.course()
    const trial = await trialOf(courseId)
    t.same(await idsOf(courseId), [studentId])
    const actor = 'dean'
    const plan = await ask(roster.PlanImportCall, { courseId, mode: 'replace', rows: [] })
    t.same(
      plan.dropped.map(({ id }) => id),
      [studentId],
    )
    const order = {
      grantId: 'all',
      courseId,
      to: { all: true as const },
      week: null,
      tokens: 5,
      reason: 'r',
      actor,
    }
    t.match(await ask(roster.GrantManyCall, order), { students: 1 })
    const named = { ...order, grantId: 'named', to: { students: [trial.studentId] } }
    t.match(await ask(roster.GrantManyCall, named), { students: 1 }, 'but to itself')
    const { studentId: id } = trial
    const refused: (() => Promise<unknown>)[] = [
      () => ask(staff.CreateKeyCall, { studentId: id, key: newKey(courseId) }),
      () => ask(staff.DropStudentCall, { studentId: id }),
      () => ask(roster.UpdateStudentCall, { studentId: id, patch: { group: 'g' }, actor }),
    ]
    for (const call of refused) await t.rejects(call(), { code: 'not_found' })
    t.match(await ask(staff.GetStudentCall, { studentId: id }), { name: 'Ada', courseId, keys: [] })
    await ask(GrantCall, { grantId: 'more', studentId: id, week: 1, tokens: 7, reason: 'a long text', actor })
  },
)

t.test('it is open while the course is not, with a week’s tokens of its own', async t => {
  const day = (days: number) => new Date(clock.nowMs() + days * 86_400_000).toISOString().slice(0, 10)
  const closed = await quota.course({ startsOn: day(30), weeklyTokens: 500 })
  const trial = await trialOf(closed.courseId)
  t.match(await ask(AuthenticateCall, { keyHash: closed.keyHash }), { week: null })
  t.match(await quota.reserve(closed), { granted: false, reason: 'course_closed' })
  t.match(await ask(AuthenticateCall, { keyHash: trial.keyHash }), { week: 1000 })
  const held = await quota.reserve(trial, { inputTokens: 100, maxOutputTokens: 300 })
  t.match(held, { granted: true, week: 1000, remaining: 100 })
  t.match(await quota.balance(trial), { week: 1000, granted: 500, held: 400 })
  const redis = `course:${closed.courseId}`
  // As a release before this one has written it.
  for (const name of await quota.redis.keys(`*${redis}`)) await quota.redis.hdel(name, 'rests')
  t.match(await quota.reserve(trial, { inputTokens: 10, maxOutputTokens: 10 }), { granted: true, week: 1000 })
  await ask(staff.UpdateCourseCall, {
    courseId: closed.courseId,
    patch: { outsideTokens: 700 },
    actor: 'dean',
  })
  t.match(await quota.balance(trial), { granted: 700 }, 'like everybody, where it is open')
  t.match(await quota.reserve(closed), { granted: true })
})

t.test('no student can have the id of such an account', async t => {
  const { courseId } = await quota.course()
  const { studentId: id } = await trialOf(courseId, 'somebody')
  const row = { id, name: 'Eve', email: 'eve@example.edu' }
  const fault = { code: 'invalid_request' }
  const students = [{ ...row, key: newKey(courseId) }]
  await t.rejects(ask(staff.AddStudentsCall, { courseId, students }), fault)
  await t.rejects(ask(roster.PlanImportCall, { courseId, mode: 'merge', rows: [row] }), fault)
  const similar = [{ ...row, id: 'trial.eve', key: newKey(courseId) }]
  await ask(staff.AddStudentsCall, { courseId, students: similar })
  t.ok((await idsOf(courseId)).includes('trial.eve'))
})
