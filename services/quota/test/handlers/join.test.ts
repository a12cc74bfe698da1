import * as staff from '@lectern/shared/contracts/courses.ts'
import { FindJoinCall, JoinCall } from '@lectern/shared/contracts/me.ts'
import { SetJoinCodeCall } from '@lectern/shared/contracts/roster.ts'
import t from 'tap'
import { newKey, startFixture } from '../fixture.ts'

// Real servers on a busy machine.
t.setTimeout(120_000)
const quota = await startFixture(t)
const { ask } = quota
let address = 0
const somewhere = () => {
  address += 1
  return `192.0.2.${address}`
}

async function course(settings: Partial<staff.CourseInput> = {}) {
  const { courseId } = await quota.course(settings)
  const { joinCode } = await ask(SetJoinCodeCall, { courseId, on: true })
  return { courseId, code: joinCode ?? '' }
}
const find = (code: string, from = somewhere()) => ask(FindJoinCall, { address: from, code })
function join(
  { courseId, code }: { courseId: string; code: string },
  email: string,
  more: { consent?: string | null; from?: string } = {},
) {
  const student = { id: `j-${crypto.randomUUID()}`, name: 'Ada', email, key: newKey(courseId) }
  const order = { address: more.from ?? somewhere(), code, courseId, student, consent: more.consent ?? null }
  return { student, answer: ask(JoinCall, order) }
}

t.test('a code finds its course however it is typed; whoever joins by it has a key that works', async t => {
  const there = await course()
  t.match(await find(` ${there.code.toUpperCase().replaceAll('-', ' ')}`), {
    found: true,
    course: { id: there.courseId, name: 'Course' },
    consent: null,
  })
  const { student, answer } = join(there, 'Ada@X.edu')
  t.match(await answer, { joined: true, student: { id: student.id, email: 'ada@x.edu', consentedAt: null } })
  const who = { courseId: there.courseId, studentId: student.id, keyId: '', keyHash: student.key.hash }
  t.match(await quota.reserve(who), { granted: true })
  t.same(
    await join(there, ' ADA@x.edu').answer,
    { joined: false, reason: 'email', retryAfterMs: null },
    'nothing of the other is told',
  )
})

t.test('a code that was replaced or ended, or of another course, opens nothing', async t => {
  const there = await course()
  const other = await course()
  await ask(SetJoinCodeCall, { courseId: there.courseId, on: true })
  t.same(await find(there.code), { found: false, retryAfterMs: null })
  t.match(await join(there, 'a@x.edu').answer, { joined: false, reason: 'code' })
  t.match(await join({ courseId: other.courseId, code: there.code }, 'a@x.edu').answer, { reason: 'code' })
  await ask(SetJoinCodeCall, { courseId: other.courseId, on: false })
  t.match(await join(other, 'a@x.edu').answer, { joined: false, reason: 'code' })
  for (const code of ['', ' ', '-', "' OR true --", '%']) t.notMatch(await find(code || '_'), { found: true })
})

t.test('only of the domains that the course names, and not of what ends alike', async t => {
  const there = await course({ joinDomains: ['x.edu'] })
  for (const email of ['a@y.edu', 'a@evil-x.edu', 'a@sub.x.edu', 'a@x.edu@y.edu', 'a']) {
    t.match(await join(there, email).answer, { joined: false, reason: 'domain' }, email)
  }
  t.match(await join(there, 'a@X.EDU').answer, { joined: true })
})

t.test('what is accepted is the text that was read, and is kept with the time', async t => {
  const there = await course({ consentText: 'All that you ask is kept.' })
  const found = await find(there.code)
  const version = found.found ? (found.consent?.version ?? '') : ''
  t.match(await join(there, 'a@x.edu').answer, { joined: false, reason: 'consent' })
  await ask(staff.UpdateCourseCall, {
    ...{ courseId: there.courseId, actor: 'dean' },
    patch: { consentText: 'All that you ask is kept for a year.' },
  })
  t.match(
    await join(there, 'a@x.edu', { consent: version }).answer,
    { reason: 'consent' },
    'another text now',
  )
  const again = await find(there.code)
  const consent = again.found ? (again.consent?.version ?? '') : ''
  t.not(consent, version)
  const { student, answer } = join(there, 'a@x.edu', { consent })
  await answer
  t.match(await ask(staff.GetStudentCall, { studentId: student.id }), {
    consentVersion: consent,
    consentedAt: /^\d{4}-/,
  })
  const { rows } = await quota.pool.query('SELECT text FROM quota.consent_texts')
  t.same(rows, [{ text: 'All that you ask is kept for a year.' }])
})

t.test('a flood of wrong codes is stopped, on all replicas together, and only for its address', async t => {
  const replica = await quota.startReplica()
  const there = await course()
  const from = somewhere()
  const answers = await Promise.all(Array.from({ length: 60 }, () => find('wrong-code', from)))
  t.equal(answers.filter(answer => !answer.found && answer.retryAfterMs === null).length, 20)
  t.ok(answers.every(answer => answer.found || (answer.retryAfterMs ?? 0) >= 0))
  t.match(await find(there.code, from), { found: false, retryAfterMs: Number }, 'the right one neither')
  t.match(await join(there, 'b@x.edu', { from }).answer, { joined: false, reason: 'tries' })
  t.match(await find(there.code), { found: true })
  const lecture = somewhere()
  const found = await Promise.all(Array.from({ length: 15 }, () => find(there.code, lecture)))
  t.ok(found.every(answer => answer.found))
  for (let round = 0; round < 30; round += 1) t.match(await find(there.code, lecture), { found: true })
  await replica.stop()
})

t.test('the same address at the same moment joins once', async t => {
  const there = await course()
  const answers = await Promise.all(Array.from({ length: 6 }, () => join(there, 'one@x.edu').answer))
  t.equal(answers.filter(answer => answer.joined).length, 1)
  t.equal(answers.filter(answer => !answer.joined && answer.reason === 'email').length, 5)
})
