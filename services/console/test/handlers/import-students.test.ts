import { isWellFormedKey } from '@lectern/shared/keys.ts'
import t from 'tap'
import { COURSE, type Imported, startConsole, TOKEN, until } from '../lectern.ts'
import { startQuotaStandIn } from '../stand-in.ts'

// Thousands of keys, and one wait for an answer that never comes.
t.setTimeout(120_000)
const { servers, url, api, audited } = await startConsole(t)
const kept = await startQuotaStandIn(t, servers.natsUrl)
await api('POST /api/courses', COURSE)
const PATH = 'POST /api/courses/ml-26/students'

t.test('JSON: each student is answered with a key of its own, in order', async t => {
  const people = [
    { id: 's-1', name: 'Ada Lovelace', email: 'ada@example.edu' },
    { name: ' 王小明 ', email: ' wang@example.cn ' },
    { id: ' ', name: '=1+1', email: 'formula@example.edu' },
  ]
  const { status, body, headers } = await api<Imported[]>(PATH, people)
  t.equal(status, 201)
  t.equal(headers.get('cache-control'), 'no-store')
  t.match(body, [
    { id: 's-1', name: 'Ada Lovelace', email: 'ada@example.edu' },
    { id: /^wang-\w{6}$/, name: '王小明', email: 'wang@example.cn' },
    { id: /^formula-\w{6}$/, name: '=1+1', email: 'formula@example.edu' },
  ])
  for (const { key } of body) t.ok(isWellFormedKey(key))
  t.equal(new Set(body.map(({ key }) => key)).size, 3)
})

t.test('CSV as bytes of Excel, with the same answer', async t => {
  const file = Buffer.from(
    'sep=;\r\nMatr.-Nr.;Name;Vorname;E-Mail;\r\n4711;M\xfcller;J\xf6rg;joerg@example.edu;\r\n',
    'latin1',
  )
  const { status, body } = await api<Imported[]>(PATH, file)
  t.equal(status, 201)
  t.match(body, [{ id: '4711', name: 'Jörg Müller', email: 'joerg@example.edu', key: /^ln_/ }])
})

t.test('nothing is imported when one line is wrong, and all faults are listed', async t => {
  const before = kept.students.size
  const { status, body } = await api(
    PATH,
    'name,email\nAda,ada2@example.edu\nAlan,alan\n,grace@example.edu\n',
  )
  t.equal(status, 400)
  t.equal(body.error.code, 'invalid_request')
  t.equal(
    body.error.message,
    [
      'Nothing was imported (2 faults):',
      '- line 3 has "alan", which is not an e-mail address',
      '- line 4 lacks the name',
    ].join('\n'),
  )
  t.equal(kept.students.size, before)
})

t.test('JSON rows are checked as CSV rows are', async t => {
  const row = { name: 'A', email: 'a@b' }
  const message = async (body: unknown) => (await api(PATH, body)).body.error.message
  t.equal(await message([]), 'Nothing was imported: The roster has no students.')
  t.match(await message({ ...row }), /the body must be array/)
  t.equal(await message([row, row]), 'Nothing was imported: [1] repeats the email "a@b" of [0].')
  t.match(await message([{ ...row, mail: 'x' }]), /\[0\]\.mail is not a known field/)
  t.match(
    await message([row, { name: 'B' }, { email: 3 }]),
    /3 faults.*\[1\]\.email is missing.*\[2\]\.name is missing/s,
  )
  t.match(await message([{ ...row, id: 'a b' }]), /\[0\] has the id "a b"/)
})

t.test('what is taken already is named by its line', async t => {
  t.match(await api(PATH, 'id,name,email\nnew-1,Grace,grace@example.edu\n\ns-1,Ada,ada3@example.edu\n'), {
    status: 409,
    body: {
      error: {
        code: 'conflict',
        message: 'Nothing was imported: line 4: the id is already taken.',
        param: 'line 4',
      },
    },
  })
  t.notOk(kept.students.has('new-1'), 'all or nothing')
})

t.test('a course that does not exist is a 404', async t => {
  const { status } = await api('POST /api/courses/nope/students', [{ name: 'A', email: 'a@b' }])
  t.equal(status, 404)
})

t.test('2,000 students at once, while others are served; 2,001 are refused', async t => {
  const people = Array.from({ length: 2000 }, (_, n) => ({
    name: `Student ${n}`,
    email: `s${n}@big.example.edu`,
  }))
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  kept.onCourseRead = begin
  const importing = api<Imported[]>(PATH, people)
  let done = false
  void importing.finally(() => {
    done = true
  })
  await begun
  let others = 0
  for (; !done; others++) await api('GET /healthz')
  const { status, body } = await importing
  t.equal(status, 201)
  t.equal(new Set(body.map(({ key }) => key)).size, 2000)
  t.ok(others > 2, 'the loop is given back between keys')
  t.match(await api(PATH, [...people, { name: 'x', email: 'x@y' }]), {
    status: 400,
    body: { error: { message: /2001 students, at most 2000/ } },
  })
})

t.test('a client that leaves before its keys are made leaves no students without keys behind', async t => {
  const before = kept.students.size
  const people = Array.from({ length: 2000 }, (_, n) => ({ name: `S${n}`, email: `s${n}@gone.example.edu` }))
  const leaving = new AbortController()
  kept.onCourseRead = () => leaving.abort()
  const failures = () => audited.filter(({ outcome }) => outcome === 'failed').length
  const failed = failures()
  const left = fetch(`${url}/api/courses/ml-26/students`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(people),
    signal: leaving.signal,
  })
  await t.rejects(left)
  kept.onCourseRead = () => {}
  await until(
    async () => failures(),
    count => count === failed + 1,
  )
  t.equal(kept.students.size, before)
})

t.test('what does not fit into a message of the bus is refused as too large, not as an outage', async t => {
  const people = Array.from({ length: 2000 }, (_, n) => ({
    name: '名'.repeat(190),
    email: `s${n}@${'x'.repeat(280)}`,
  }))
  t.match(await api(PATH, people), {
    status: 413,
    body: { error: { code: 'request_too_large', message: /several parts/ } },
  })
})

t.test('P11: when the answer of an import is lost, the keys are not', async t => {
  kept.loseNextAnswer = true
  const { status, body } = await api<Imported[]>(PATH, [
    { id: 'lost-1', name: 'A', email: 'lost@example.edu' },
  ])
  t.equal(status, 201)
  t.match(body, [{ id: 'lost-1', key: /^ln_/ }])
})
