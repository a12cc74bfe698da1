import * as staff from '@lectern/shared/contracts/courses.ts'
import { UpdateStudentCall } from '@lectern/shared/contracts/roster.ts'
import t from 'tap'
import { newKey, startFixture } from '../fixture.ts'

// Real servers on a busy machine.
t.setTimeout(120_000)
const quota = await startFixture(t)
const { ask } = quota

const patchCourse = (courseId: string, patch: staff.CoursePatch) =>
  ask(staff.UpdateCourseCall, { courseId, patch, actor: 'dean' })
const move = (studentId: string, group: string | null) =>
  ask(UpdateStudentCall, { studentId, patch: { group }, actor: 'dean' })

/** A student of a group, with the key's hash. */
async function join(courseId: string, group: string | null) {
  const key = newKey(courseId)
  const studentId = `s-${crypto.randomUUID()}`
  await ask(staff.AddStudentsCall, {
    courseId,
    students: [{ id: studentId, name: 'Ada', email: '', key, group }],
  })
  return { courseId, studentId, keyId: key.id, keyHash: key.hash }
}

t.test("P1: a group's allowance is that of its students, on a cold Redis too, and no token more", async t => {
  const { courseId } = await quota.course({ weeklyTokens: 1000, groupTokens: { lab: 150, 'Gruppe Ü': 0 } })
  const [plain, lab, none, unnamed] = await Promise.all([
    join(courseId, null),
    join(courseId, 'lab'),
    join(courseId, 'Gruppe Ü'),
    join(courseId, 'another'),
  ])
  for (const [who, granted] of [
    [plain, 1000],
    [lab, 150],
    [none, 0],
    [unnamed, 1000],
  ] as const) {
    t.match(await quota.balance(who), { granted })
  }
  t.match(await quota.reserve(lab), { granted: true, remaining: 50 })
  t.match(await quota.reserve(lab, { inputTokens: 100 }), { granted: false, reason: 'budget_in_use' })
  await quota.redis.flushall()
  t.match(await quota.balance(lab), { granted: 150 }, 'loaded from the ledger again')
  t.match(await quota.balance(none), { granted: 0 })
})

t.test("P1: a changed group, or a group's changed allowance, is a correction at once", async t => {
  const { courseId } = await quota.course({ weeklyTokens: 1000, groupTokens: { lab: 150 } })
  const who = await join(courseId, 'lab')
  t.match(await quota.balance(who), { granted: 150 })
  await patchCourse(courseId, { groupTokens: { lab: 400, other: 7 } })
  t.match(await quota.balance(who), { granted: 400 })
  t.match(await move(who.studentId, 'other'), { group: 'other' })
  t.match(await quota.balance(who), { granted: 7 })
  t.match(await quota.reserve(who), { granted: false, reason: 'insufficient_quota' })
  await patchCourse(courseId, { weeklyTokens: 5000 })
  t.match(await quota.balance(who), { granted: 7 }, 'the course changed, not the group')
  await move(who.studentId, null)
  t.match(await quota.balance(who), { granted: 5000 })
  await move(who.studentId, null)
  await patchCourse(courseId, { groupTokens: {} })
  const grants = (await quota.entries(who)).filter(entry => entry.kind === 'grant')
  t.same(
    grants.map(entry => entry.tokens),
    [4993, -393, 250],
    'no change, no entry',
  )
  t.ok(grants.every(entry => entry.actor === 'dean' && entry.reason === 'allowance changed'))
})

t.test('P1: accounts opened while groups and allowances change all end with what is in force', async t => {
  const { courseId } = await quota.course({ weeklyTokens: 100, groupTokens: { a: 200, b: 300 } })
  const students = await Promise.all(Array.from({ length: 16 }, () => join(courseId, 'a')))
  await Promise.all([
    ...students.map(who => quota.balance(who)),
    ...students.map(({ studentId }, index) => move(studentId, index % 2 ? 'b' : null)),
    patchCourse(courseId, { groupTokens: { a: 200, b: 333 } }),
    ...students.map(who => quota.balance(who)),
  ])
  for (const [index, who] of students.entries()) {
    t.equal((await quota.balance(who)).granted, index % 2 ? 333 : 100)
  }
})

t.test("what a group did not use is carried over by the group's allowance", async t => {
  const startsOn = new Date(Date.now() - 9 * 86_400_000).toISOString().slice(0, 10)
  const { courseId } = await quota.course({
    ...{ weeklyTokens: 1000, carryOverTokens: 10_000, startsOn },
    groupTokens: { lab: 150 },
  })
  t.match(await quota.balance(await join(courseId, 'lab')), { week: 2, granted: 300 })
})

t.test(
  'names of groups that nobody could tell apart are refused, and so is what no schema knows',
  async t => {
    const who = await quota.course()
    const refused = (param: string) => ({ code: 'invalid_request', param })
    await t.rejects(patchCourse(who.courseId, { groupTokens: { ' a': 1 } }), refused('groupTokens'))
    await t.rejects(patchCourse(who.courseId, { groupTokens: { '': 1 } }), refused('groupTokens'))
    await t.rejects(move(who.studentId, 'a\tb'), refused('group'))
    await t.rejects(patchCourse(who.courseId, { groupTokens: { a: -1 } }), { code: 'invalid_request' })
    const more = { group: 'a', active: false } as { group: string }
    await t.rejects(ask(UpdateStudentCall, { studentId: who.studentId, patch: more, actor: 'x' }), {
      code: 'invalid_request',
    })
  },
)

t.test("a student's name and address; an address that another has is a conflict", async t => {
  const who = await quota.course()
  const other = await quota.student(who.courseId)
  const update = (patch: object) => ask(UpdateStudentCall, { studentId: who.studentId, patch, actor: 'x' })
  t.match(await update({ name: 'Grace', email: ' Grace@Example.edu ' }), {
    name: 'Grace',
    email: 'grace@example.edu',
    group: null,
  })
  const { email } = await ask(staff.GetStudentCall, { studentId: other.studentId })
  await t.rejects(update({ email: email.toUpperCase() }), { code: 'conflict', param: 'email' })
  await t.rejects(ask(UpdateStudentCall, { studentId: 'nobody', patch: {}, actor: 'x' }), {
    code: 'not_found',
  })
})
