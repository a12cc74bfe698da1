import * as staff from '@lectern/shared/contracts/courses.ts'
import { GrantManyCall, type GrantTo, UpdateStudentCall } from '@lectern/shared/contracts/roster.ts'
import t from 'tap'
import { startFixture } from '../fixture.ts'

// Real servers on a busy machine.
t.setTimeout(120_000)
const quota = await startFixture(t)
const { ask } = quota
const grant = (
  courseId: string,
  to: GrantTo,
  more: { grantId?: string; week?: number; tokens?: number } = {},
) =>
  ask(GrantManyCall, {
    ...{
      grantId: crypto.randomUUID(),
      courseId,
      to,
      week: null,
      tokens: 500,
      reason: 'late lab',
      actor: 'dean',
    },
    ...more,
  })

async function course() {
  const a = await quota.course({ weeklyTokens: 1000 })
  const [b, c] = await Promise.all([quota.student(a.courseId), quota.student(a.courseId)])
  await ask(UpdateStudentCall, { studentId: b.studentId, patch: { group: 'lab' }, actor: 'dean' })
  return { courseId: a.courseId, a, b, c }
}

t.test('P1: a grant for many counts at once and once, whether their week was opened or not', async t => {
  const { courseId, a, b, c } = await course()
  await quota.balance(a)
  const grantId = crypto.randomUUID()
  const done = await grant(courseId, { all: true }, { grantId })
  t.same(done, { courseId, week: 1, tokens: 500, reason: 'late lab', students: 3 })
  const d = await quota.student(courseId)
  t.same(await grant(courseId, { all: true }, { grantId }), done, 'repeatable, for nobody else')
  const granted = await Promise.all([a, b, c, d].map(async who => (await quota.balance(who)).granted))
  t.same(granted, [1500, 1500, 1500, 1000])
  t.match(
    (await quota.entries(a)).filter(entry => entry.kind === 'grant'),
    [{ tokens: 500, reason: 'late lab', actor: 'dean' }],
  )
  for (const more of [{ tokens: 501 }, { week: 2 }]) {
    await t.rejects(grant(courseId, { all: true }, { grantId, ...more }), { code: 'conflict' })
  }
  await t.rejects(grant(courseId, { group: 'lab' }, { grantId }), { code: 'conflict' })
})

t.test('the same order many times at once is one grant', async t => {
  const { courseId, a } = await course()
  const grantId = crypto.randomUUID()
  await Promise.all(Array.from({ length: 8 }, () => grant(courseId, { all: true }, { grantId })))
  t.equal((await quota.balance(a)).granted, 1500)
})

t.test('for a group, for those who are named, and all or nothing', async t => {
  const { courseId, a, b, c } = await course()
  t.match(await grant(courseId, { group: 'lab' }), { students: 1 })
  t.match(await grant(courseId, { students: [b.studentId, c.studentId, c.studentId] }, { tokens: -100 }), {
    students: 2,
  })
  const granted = async () => Promise.all([a, b, c].map(async who => (await quota.balance(who)).granted))
  t.same(await granted(), [1000, 1400, 900])
  const foreign = await quota.course()
  for (const id of ['nobody', foreign.studentId]) {
    await t.rejects(grant(courseId, { students: [a.studentId, id] }), {
      code: 'not_found',
      param: 'students',
    })
  }
  await t.rejects(grant(courseId, { group: 'none' }), { code: 'not_found' })
  await t.rejects(grant(courseId, { all: true }, { week: 99 }), { code: 'invalid_request', param: 'week' })
  await t.rejects(grant('nowhere', { all: true }), { code: 'not_found' })
  await ask(staff.DropStudentCall, { studentId: c.studentId })
  t.match(await grant(courseId, { all: true }), { students: 2 })
  t.same((await granted().catch(() => [])).length, 0, 'who is dropped has no key to ask with')
})
