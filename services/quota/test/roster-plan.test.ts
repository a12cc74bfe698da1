import type { ImportRow } from '@lectern/shared/contracts/roster.ts'
import t from 'tap'
import { type Kept, planImport } from '../src/roster-plan.ts'

const kept = (id: string, more: Partial<Kept> = {}): Kept => ({
  ...{ id, name: id, email: `${id}@x.edu`, group: null, active: true },
  ...more,
})
const row = (id: string | null, more: Partial<ImportRow> = {}): ImportRow => ({
  ...{ id, name: id ?? '', email: `${id}@x.edu` },
  ...more,
})
const plan = (rows: ImportRow[], present: Kept[], mode: 'merge' | 'replace' = 'merge') =>
  planImport(rows, present, { mode, elsewhere: new Set(['foreign']) })

t.test('a row is known by its id, else by its e-mail address in any case', async t => {
  const present = [kept('a'), kept('b'), kept('c', { group: 'lab' })]
  const rows = [
    row('a'),
    row(null, { name: 'B', email: 'B@X.edu' }),
    row('c'),
    row('c2', { email: 'new@x.edu', group: 'lab' }),
  ]
  t.same(plan(rows, present), {
    added: [{ index: 3, student: { id: 'c2', name: 'c2', email: 'new@x.edu', group: 'lab' } }],
    changed: [
      {
        index: 1,
        before: { id: 'b', name: 'b', email: 'b@x.edu', group: null },
        after: { id: 'b', name: 'B', email: 'b@x.edu', group: null },
      },
    ],
    dropped: [],
    unchanged: 2,
    faults: [],
  })
})

t.test('a group that no column names stays; an empty cell takes it away', async t => {
  const present = [kept('a', { group: 'lab' })]
  t.match(plan([row('a')], present), { unchanged: 1 })
  t.match(plan([row('a', { group: null })], present), { changed: [{ after: { group: null } }] })
})

t.test('only a replacement drops, and only who is active', async t => {
  const present = [kept('a'), kept('b'), kept('gone', { active: false })]
  t.same(plan([row('a')], present).dropped, [])
  t.match(plan([row('a')], present, 'replace').dropped, [{ id: 'b' }])
  t.equal(plan([row('a')], present, 'replace').dropped.length, 1)
})

t.test('somebody who was dropped comes back, by the id as it was', async t => {
  const present = [kept('gone', { active: false })]
  const student = { id: 'gone', email: 'gone@x.edu' }
  t.match(plan([row(null, { name: 'G', email: 'gone@x.edu' })], present).added, [{ index: 0, student }])
})

t.test('addresses may be exchanged among the rows, but not taken from others', async t => {
  const present = [kept('a'), kept('b')]
  t.match(plan([row('a', { email: 'b@x.edu' }), row('b', { email: 'a@x.edu' })], present), {
    changed: [{ index: 0 }, { index: 1 }],
    faults: [],
  })
  t.same(plan([row('a', { email: 'b@x.edu' })], present).faults, [
    { index: 0, message: 'has the e-mail address of b' },
  ])
  t.same(plan([row('z', { email: 'b@x.edu' })], present).faults, [
    { index: 0, message: 'has the e-mail address of b' },
  ])
})

t.test('two rows of one student, and an id of another course, are faults', async t => {
  const rows = [row('a'), row(null, { name: 'x', email: 'a@x.edu' }), row('z'), row('z'), row('foreign')]
  t.same(plan(rows, [kept('a')]).faults, [
    { index: 1, message: 'names a a second time' },
    { index: 3, message: 'names z a second time' },
    { index: 4, message: 'has the id foreign, which is taken in another course' },
  ])
})
