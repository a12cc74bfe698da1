import * as staff from '@lectern/shared/contracts/courses.ts'
import t from 'tap'
import { newKey, startFixture } from '../fixture.ts'

// Real servers on a busy machine.
t.setTimeout(120_000)
const quota = await startFixture(t)
const { ask } = quota
const { courseId, studentId } = await quota.course({ groupTokens: { lab: 70 } })
const people = [
  ['Ada Lovelace', 'ada@x.edu', 'lab'],
  ['Alan Turing', 'alan_t@x.edu', 'lab'],
  ['王小明', 'wang%100@x.edu', null],
  ['Ünsal Yılmaz', 'u@x.edu', null],
] as const
await ask(staff.AddStudentsCall, {
  courseId,
  students: people.map(([name, email, group], index) => ({
    ...{ id: `Z-${index}`, name, email, group, key: newKey(courseId) },
  })),
})
const list = (filter: { q?: string; group?: string; active?: boolean; balances?: boolean }) =>
  ask(staff.ListStudentsCall, { courseId, limit: 50, ...filter })
const names = async (filter: Parameters<typeof list>[0]) => (await list(filter)).items.map(({ name }) => name)

t.test(
  'a search finds a part of a name, and the beginning of an address or id, as it is written',
  async t => {
    t.same(await names({ q: 'TURING' }), ['Alan Turing'])
    t.same(await names({ q: '小' }), ['王小明'])
    t.same(await names({ q: 'ünsal' }), ['Ünsal Yılmaz'])
    t.same(await names({ q: 'ada@' }), ['Ada Lovelace'])
    t.same(await names({ q: 'x.edu' }), [], 'not in the middle of an address')
    t.same(await names({ q: 'z-2' }), ['王小明'])
    t.same(await names({ q: 'alan_' }), ['Alan Turing'])
    t.same(await names({ q: 'a%' }), [], 'no pattern')
    t.same(await names({ q: '_da' }), [], 'no pattern')
    t.same(await names({ q: '\\' }), [])
    t.same(await names({ q: "' OR 1=1 --" }), [])
  },
)

t.test('by group and by being active, page by page', async t => {
  t.same(await names({ group: 'lab' }), ['Ada Lovelace', 'Alan Turing'])
  t.same(await names({ group: 'lab', q: 'ada' }), ['Ada Lovelace'])
  await ask(staff.DropStudentCall, { studentId })
  t.match((await list({ active: false })).items, [{ id: studentId, active: false }])
  t.equal((await list({ active: true })).items.length, 4)
  const first = await ask(staff.ListStudentsCall, { courseId, active: true, limit: 3 })
  const next = { courseId, active: true, limit: 3, cursor: first.next ?? '' }
  t.same(
    [...first.items, ...(await ask(staff.ListStudentsCall, next)).items].map(({ id }) => id),
    ['Z-0', 'Z-1', 'Z-2', 'Z-3'],
  )
})

t.test('with the balances of the running week, where one is running', async t => {
  const { items } = await list({ active: true, balances: true })
  t.same(
    items.map(({ balance }) => [balance?.week, balance?.granted]),
    [
      [1, 70],
      [1, 70],
      [1, 1000],
      [1, 1000],
    ],
  )
  const over = await quota.course({ startsOn: '2020-01-06', weeks: 1 })
  const closed = await ask(staff.ListStudentsCall, { courseId: over.courseId, balances: true, limit: 5 })
  t.match(closed.items, [{ id: over.studentId, balance: null }])
  t.notOk('balance' in ((await list({})).items[0] ?? {}))
})
