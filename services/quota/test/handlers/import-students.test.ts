import * as staff from '@lectern/shared/contracts/courses.ts'
import { type ImportRow, ImportStudentsCall, PlanImportCall } from '@lectern/shared/contracts/roster.ts'
import t from 'tap'
import { newKey, startFixture } from '../fixture.ts'

// Real servers on a busy machine.
t.setTimeout(120_000)
const quota = await startFixture(t)
const { ask } = quota
type Mode = 'merge' | 'replace'

const plan = (courseId: string, rows: ImportRow[], mode: Mode = 'merge') =>
  ask(PlanImportCall, { courseId, mode, rows })
const apply = (
  courseId: string,
  rows: (ImportRow & { key?: staff.NewKey })[],
  mode: Mode = 'merge',
): Promise<Awaited<ReturnType<typeof plan>>> =>
  ask(ImportStudentsCall, { courseId, mode, rows, actor: 'dean' })
const list = async (courseId: string) =>
  (await ask(staff.ListStudentsCall, { courseId, limit: 500 })).items.map(
    ({ id, name, email, group, active }) => ({ id, name, email, group, active }),
  )

/** A course with students, and a prefix for ids, which are unique among all courses. */
async function course(settings: Partial<staff.CourseInput> = {}) {
  const who = await quota.course(settings)
  await ask(staff.DropStudentCall, { studentId: who.studentId })
  const tag = crypto.randomUUID().slice(0, 8)
  return { ...who, id: (name: string) => `${name}-${tag}` }
}

t.test('a plan says what an import does, and does nothing; the import does just that', async t => {
  const { courseId, id } = await course({ groupTokens: { lab: 50 } })
  const row = (name: string, group?: string | null): ImportRow => ({
    ...{ id: id(name), name, email: `${name}@x.edu` },
    ...(group === undefined ? {} : { group }),
  })
  const keys = [newKey(courseId), newKey(courseId), newKey(courseId)]
  const first = [row('a'), row('b'), row('c')].map((rest, index) => ({
    ...rest,
    key: keys[index] as staff.NewKey,
  }))
  await apply(courseId, first)
  const before = await list(courseId)
  const rows = [row('a'), row('b', 'lab'), row('d')]
  const planned = await plan(courseId, rows, 'replace')
  t.match(planned, {
    added: [{ index: 2, student: { id: id('d') } }],
    changed: [{ index: 1, before: { group: null }, after: { group: 'lab' } }],
    dropped: [{ id: id('c') }],
    unchanged: 1,
    faults: [],
  })
  t.same(await list(courseId), before)

  const b = { courseId, studentId: id('b'), keyId: '', keyHash: keys[1]?.hash ?? '' }
  const c = { ...b, studentId: id('c'), keyHash: keys[2]?.hash ?? '' }
  t.match(await quota.balance(b), { granted: 1000 })
  t.match(await quota.reserve(c), { granted: true })
  const key = newKey(courseId)
  t.same(await apply(courseId, [...rows.slice(0, 2), { ...row('d'), key }], 'replace'), planned)
  t.match(await quota.balance(b), { granted: 50 }, 'P1: the allowance of the group')
  t.match(await quota.reserve(c), { reason: 'invalid_api_key' }, 'P10: dropped')
  t.match(await quota.reserve({ ...b, studentId: id('d'), keyHash: key.hash }), { granted: true })
  t.match(await plan(courseId, rows, 'replace'), { added: [], changed: [], dropped: [], unchanged: 3 })
})

t.test('addresses are exchanged, and somebody comes back with a new key only', async t => {
  const { courseId, id } = await course()
  const row = (name: string, email: string) => ({ id: id(name), name, email: `${email}@y.edu` })
  const keyed = (rest: ImportRow) => ({ ...rest, key: newKey(courseId) })
  const a = keyed(row('a', 'a'))
  await apply(courseId, [a, keyed(row('b', 'b'))])
  await apply(courseId, [row('a', 'b'), row('b', 'a')])
  const present = (await list(courseId)).filter(student => student.active)
  t.match(present, [{ email: 'b@y.edu' }, { email: 'a@y.edu' }])

  await apply(courseId, [row('b', 'a')], 'replace')
  const back = keyed(row('a', 'b'))
  t.match(await apply(courseId, [back]), { added: [{ student: { id: id('a') } }] })
  const who = { courseId, studentId: id('a'), keyId: '', keyHash: back.key.hash }
  t.match(await quota.reserve(who), { granted: true })
  t.match(await quota.reserve({ ...who, keyHash: a.key.hash }), { reason: 'invalid_api_key' })
})

t.test('what has changed since the plan is a conflict, and then nothing is done', async t => {
  const { courseId, id } = await course()
  const row = { id: id('a'), name: 'a', email: 'a@z.edu' }
  await t.rejects(apply(courseId, [row]), { code: 'conflict', message: /not in the course any more/ })
  await apply(courseId, [{ ...row, key: newKey(courseId) }])
  const other = { id: id('b'), name: 'b', email: 'a@z.edu', key: newKey(courseId) }
  await t.rejects(apply(courseId, [other], 'replace'), { code: 'conflict' })
  t.match(
    (await list(courseId)).filter(student => student.active),
    [{ id: id('a') }],
  )
  await t.rejects(plan('nowhere', [row]), { code: 'not_found' })
  await t.rejects(plan(courseId, [{ ...row, group: 'a\nb' }]), { code: 'invalid_request' })
})

t.test('imports at the same moment follow upon each other', async t => {
  const { courseId, id } = await course()
  const rows = ['a', 'b', 'c'].map(name => ({ id: id(name), name, email: `${name}@w.edu` }))
  const results = await Promise.allSettled(
    Array.from({ length: 4 }, () =>
      apply(
        courseId,
        rows.map(row => ({ ...row, key: newKey(courseId) })),
        'replace',
      ),
    ),
  )
  const plans = results.map(result => (result.status === 'fulfilled' ? result.value : null))
  t.equal(plans.filter(done => done?.added.length === 3).length, 1)
  t.equal(plans.filter(done => done?.unchanged === 3).length, 3)
})

t.test('what two rows claim on the bus is a conflict, and then nothing is done', async t => {
  const { courseId, id } = await course()
  const row = (name: string, email: string) => ({ id: id(name), name, email, key: newKey(courseId) })
  await t.rejects(apply(courseId, [row('a', 'same@v.edu'), row('b', 'same@v.edu')]), { code: 'conflict' })
  await t.rejects(apply(courseId, [row('a', 'a@v.edu'), row('a', 'b@v.edu')]), { code: 'conflict' })
  const key = newKey(courseId)
  const twice = [row('a', 'a@v.edu'), row('b', 'b@v.edu')].map(rest => ({ ...rest, key }))
  await t.rejects(apply(courseId, twice), { code: 'conflict' })
  await apply(courseId, [row('a', 'a@v.edu'), row('b', 'b@v.edu')])
  const same = [
    { id: id('a'), name: 'a', email: 'c@v.edu' },
    { id: id('b'), name: 'b', email: 'c@v.edu' },
  ]
  await t.rejects(apply(courseId, same), { code: 'conflict' })
  t.match(
    (await list(courseId)).filter(student => student.active),
    [{ email: 'a@v.edu' }, { email: 'b@v.edu' }],
  )
})
