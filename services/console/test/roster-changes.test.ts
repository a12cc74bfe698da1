import { isWellFormedKey } from '@lectern/shared/keys.ts'
import t from 'tap'
import { COURSE, type Imported } from './lectern.ts'
import { startLectern } from './real-services.ts'

interface Row {
  line: number | null
  id: string | null
  name: string
  email: string
  group: string | null
  key?: string
}
interface ImportAnswer {
  added: Row[]
  changed: { line: number; id: string; before: Partial<Row>; after: Partial<Row> }[]
  dropped: Partial<Row>[]
  unchanged: number
  errors: { line: number | null; message: string }[]
}

// Real servers on a busy machine.
t.setTimeout(120_000)
const { api } = await startLectern(t)
const today = Temporal.Now.plainDateISO('UTC')
const RUNNING = { ...COURSE, timezone: 'UTC', startsOn: today.subtract({ days: 2 }).toString() }
await api('POST /api/courses', { ...RUNNING, groupTokens: { lab: 500 } })
const IMPORT = 'POST /api/courses/ml-26/students/import'
const list = async (query = '') =>
  (await api<{ items: Record<string, unknown>[] }>(`GET /api/courses/ml-26/students?${query}`)).body.items

t.test('a roster of a spreadsheet: looked at, imported, changed, replaced', async t => {
  const file = 'id,name,email,section\ns1,Ada,ada@x.edu,lab\ns2,=cmd|1,grace@x.edu,\n,Alan,alan@x.edu,lab\n'
  const preview = await api<ImportAnswer>(`${IMPORT}?preview=true`, file)
  t.match(preview, {
    status: 200,
    body: {
      added: [
        { line: 2, id: 's1', name: 'Ada', email: 'ada@x.edu', group: 'lab' },
        { line: 3, id: 's2', name: '=cmd|1', group: null },
        { line: 4, id: null },
      ],
      changed: [],
      dropped: [],
      unchanged: 0,
      errors: [],
    },
  })
  t.notOk(preview.body.added.some(row => 'key' in row))
  t.same(await list(), [], 'nothing was done')

  const { status, body } = await api<ImportAnswer>(IMPORT, file)
  t.equal(status, 200)
  t.ok(body.added.every(({ id, key }) => id && isWellFormedKey(key ?? '')))
  t.match(await list('q=%3Dcmd'), [{ id: 's2', name: '=cmd|1' }], 'a name is data, as it was written')

  // Pasted from a spreadsheet.
  const pasted = 'id\tName\tE-Mail\tGruppe\ns1\tAda L.\tada@x.edu\tlab\ns2\t=cmd|1\tgrace@x.edu\tlab\n'
  const type = { 'content-type': 'text/tab-separated-values' }
  for (const headers of [type, {}]) {
    t.match(await api<ImportAnswer>(`${IMPORT}?preview=true&mode=replace`, pasted, headers), {
      body: {
        added: [],
        changed: [
          { line: 2, id: 's1', before: { name: 'Ada' }, after: { name: 'Ada L.' } },
          { line: 3, id: 's2', before: { group: null }, after: { group: 'lab' } },
        ],
        dropped: [{ name: 'Alan' }],
        unchanged: 0,
      },
    })
  }
  t.match((await api<ImportAnswer>(`${IMPORT}?mode=replace`, pasted)).body, { dropped: [{ name: 'Alan' }] })
  t.match(await list('active=true&group=lab&balances=true'), [
    { id: 's1', name: 'Ada L.', balance: { week: 1, granted: 500 } },
    { id: 's2', balance: { granted: 500 } },
  ])
  t.match(await list('active=false'), [{ name: 'Alan' }])
  t.match(await list('ids=s2'), [{ id: 's2' }])
  t.match(await list('ids=s2&ids=s1&ids=nobody'), [{ id: 's1' }, { id: 's2' }])
})

t.test('faults are told by line, and then nothing is imported', async t => {
  await api('POST /api/courses', { ...RUNNING, id: 'other' })
  await api('POST /api/courses/other/students', [{ id: 'o1', name: 'O', email: 'o@x.edu' }])
  const file = 'id,name,email\no1,Olga,olga@x.edu\nnew,Eve,ada@x.edu\n'
  const preview = await api<ImportAnswer>(`${IMPORT}?preview=true`, file)
  t.match(preview.body.errors, [
    { line: 2, message: 'line 2 has the id o1, which is taken in another course' },
    { line: 3, message: 'line 3 has the e-mail address of s1' },
  ])
  t.match(await api(IMPORT, file), {
    status: 400,
    body: { error: { code: 'invalid_request', param: 'line 2' } },
  })
  const unreadable = 'name,email\n,nobody\n'
  t.match((await api<ImportAnswer>(`${IMPORT}?preview=true`, unreadable)).body.errors, [
    { line: 2 },
    { line: 2 },
  ])
  t.match((await api<ImportAnswer>(`${IMPORT}?preview=true`, 'x\n')).body, {
    errors: [{ line: 1 }],
    added: [],
  })
  t.match((await api<ImportAnswer>(`${IMPORT}?preview=true`, [])).body.errors, [{ line: null }])
  t.match(await api('POST /api/courses/none/students/import', file), { status: 404 })
  t.match(await api(`${IMPORT}?mode=erase`, file), { status: 400 })
  t.match(await api(`${IMPORT}?preview=yes`, file), { status: 400 })
  t.match(await api(IMPORT, [{ name: 'A', email: 'a@b', active: false }]), { status: 400 })
})

t.test('one student is changed, and nothing else of them can be', async t => {
  const PATCH = 'PATCH /api/students/s1'
  t.match(await api(PATCH, { name: ' Ada Lovelace ', group: null }), {
    status: 200,
    body: { name: 'Ada Lovelace', group: null },
  })
  t.match(await api('GET /api/students/s1/balance'), { body: { granted: 100_000 } })
  t.match(await api(PATCH, { email: 'grace@x.edu' }), { status: 409, body: { error: { param: 'email' } } })
  for (const wrong of [{}, { active: false }, { courseId: 'other' }, { email: 'nobody' }, { name: '' }]) {
    t.match(await api(PATCH, wrong), { status: 400 }, JSON.stringify(wrong))
  }
})

t.test('P1: extensions for many, once for each key', async t => {
  const GRANT = 'POST /api/courses/ml-26/grants'
  const order = { group: 'lab', tokens: 20, reason: 'late' }
  const key = { 'idempotency-key': 'many-1' }
  t.match(await api(GRANT, order, key), { status: 201, body: { week: 1, students: 1, tokens: 20 } })
  t.match(await api(GRANT, order, key), { status: 201, body: { students: 1 } })
  t.match(await api('GET /api/students/s2/balance'), { body: { granted: 520 } })
  t.match(await api(GRANT, { ...order, tokens: 21 }, key), { status: 409 })
  for (const wrong of [{}, { all: true, group: 'lab' }, { all: false }, { students: [] }]) {
    t.match(await api(GRANT, { tokens: 1, reason: 'x', ...wrong }), { status: 400 }, JSON.stringify(wrong))
  }
})

t.test('a join code is made anew and ended', async t => {
  const CODE = '/api/courses/ml-26/join-code'
  const first = await api<{ joinCode: string }>(`POST ${CODE}`)
  t.match(first, { status: 200, body: { joinCode: /^[a-z0-9]{3}-[a-z0-9]{3}-[a-z0-9]{3}$/ } })
  t.not((await api<{ joinCode: string }>(`POST ${CODE}`)).body.joinCode, first.body.joinCode)
  t.match(await api(`DELETE ${CODE}`), { body: { joinCode: null } })
  t.match(await api('PATCH /api/courses/ml-26', { joinCode: 'mine' }), { status: 400 })
  t.match(await api('PATCH /api/courses/ml-26', { joinDomains: ['X.edu'] }), { status: 400 })
  const imported = await api<Imported[]>('POST /api/courses/ml-26/students', [
    { name: 'G', email: 'g@x.edu', group: 'lab' },
  ])
  t.match(imported, { status: 201 })
  t.match(await api(`GET /api/students/${imported.body[0]?.id}/balance`), { body: { granted: 500 } })
})
