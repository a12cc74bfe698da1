import { randomUUIDv7 } from 'node:crypto'
import type { AuditEntry } from '@lectern/shared/contracts/audit.ts'
import pg from 'pg'
import t from 'tap'
import { detailsOf, storable, subjectOf } from '../src/audited.ts'
import { openBrowser, PASSWORD, setUpAdmin } from './browser.ts'
import { COURSE, clientOf, type Imported, until } from './lectern.ts'
import { record, startLectern } from './real-services.ts'
import { signedIn } from './staff.ts'

const lectern = await startLectern(t)
const { url, operator } = lectern
const token = clientOf(url)
const admin = await setUpAdmin(url, operator)
const startsOn = Temporal.Now.plainDateISO('UTC').toString()
await token('POST /api/courses', { ...COURSE, startsOn })
const owner = await signedIn(lectern, { name: 'Olga', courses: [{ id: COURSE.id, role: 'owner' }] })
const assistant = await signedIn(lectern, { name: 'Adam', courses: [{ id: COURSE.id, role: 'assistant' }] })

async function entries(query = ''): Promise<AuditEntry[]> {
  return (await token<{ items: AuditEntry[] }>(`GET /api/audit?limit=100${query}`)).body.items
}
const database = new pg.Client({ connectionString: lectern.databaseUrl })
await database.connect()
t.teardown(() => database.end())

const { body: added } = await owner.ask<Imported[]>(`POST /api/courses/${COURSE.id}/students`, [
  { name: 'Grace Hopper', email: 'grace@example.edu' },
])
const student = added[0]?.id ?? ''

t.test('a change has its entry: who, from where, what, in which course, for which request', async t => {
  await owner.ask(`POST /api/students/${student}/grants`, { week: 1, tokens: 500, reason: 'project' })
  const [entry] = await entries('&actor=olga@example.edu')
  t.match(entry, {
    actor: 'olga@example.edu',
    actorId: owner.id,
    address: '127.0.0.1',
    action: 'grant.add',
    courseId: COURSE.id,
    subject: student,
    details: { week: 1, tokens: 500, reason: 'project' },
    requestId: /^[0-9a-f-]{36}$/,
    outcome: 'started',
  })
  const { body } = await owner.ask<{ items: { actor: string }[] }>(`GET /api/students/${student}/ledger`)
  t.ok(
    body.items.some(({ actor }) => actor === 'olga@example.edu'),
    'and so has the ledger',
  )
})

t.test('a course’s own entries begin with who created it', async t => {
  const created = (await entries(`&course=${COURSE.id}`)).at(-1)
  t.match(created, { actor: 'token', action: 'course.create', courseId: COURSE.id })
  t.equal((await token('POST /api/courses', ['no course'])).status, 400)
})

t.test('a failure is a second entry under the same request', async t => {
  const { status } = await owner.ask(`POST /api/students/${student}/grants`, {
    week: 77,
    tokens: 1,
    reason: 'x',
  })
  t.ok(status >= 400)
  const [failed, started] = await entries('&actor=olga@example.edu')
  t.match(failed, { action: 'grant.add', outcome: 'failed', details: { status } })
  t.match(started, { action: 'grant.add', outcome: 'started', requestId: failed?.requestId })
})

t.test('a reading of what students wrote has its entry, an attempt without a role has none', async t => {
  const id = randomUUIDv7()
  const asked = { courseId: COURSE.id, studentId: student, week: 1, chargeTokens: 20 }
  await record(operator, { id, ...asked, question: 'my secret', answer: 'a' })
  await until(
    () => assistant.ask(`GET /api/conversations/${id}`),
    ({ status }) => status === 200,
  )
  await assistant.ask(`GET /api/conversations?course=${COURSE.id}&q=secret`)
  const [list, one] = await entries('&actor=adam@example.edu')
  t.match(list, { action: 'conversations.list', details: { q: 'secret' }, courseId: COURSE.id })
  t.match(one, { action: 'conversation.read', subject: id, courseId: COURSE.id })
  const before = (await entries()).length
  t.equal((await assistant.ask(`DELETE /api/students/${student}`)).status, 403)
  t.equal((await entries()).length, before)
})

t.test('signing in is written when it is known, by whoever tried', async t => {
  const browser = openBrowser(url)
  await browser.ask('POST /api/session', { email: 'root@example.edu', password: 'not this one' })
  await browser.ask('POST /api/session', { email: 'root@example.edu', password: PASSWORD })
  await browser.ask('DELETE /api/session')
  const [end, right, wrong] = await entries('&actor=root@example.edu')
  t.match(end, { action: 'session.end', outcome: 'started' })
  t.match(right, { action: 'session.begin', outcome: 'done', actorId: /./ })
  t.match(wrong, { action: 'session.begin', outcome: 'failed', actorId: null })
  const before = (await entries()).length
  for (let tries = 0; tries < 8; tries++)
    await browser.ask('POST /api/session', { email: 'flood@example.edu', password: 'x' })
  t.equal((await entries()).length, before + 5, 'what is refused for its number is not written without end')
})

t.test('who may read it: an owner of the course, an admin', async t => {
  t.equal((await owner.ask(`GET /api/audit?course=${COURSE.id}`)).status, 200)
  t.equal((await owner.ask('GET /api/audit')).status, 400)
  t.equal((await owner.ask('GET /api/audit?course=other')).status, 404)
  t.equal((await assistant.ask(`GET /api/audit?course=${COURSE.id}`)).status, 403)
  t.equal((await admin.ask('GET /api/audit')).status, 200)
})

t.test('what is written of a request has no secrets, no rosters, and is storable', async t => {
  t.same(detailsOf({ course: 'c' }, { email: 'e', password: 'p', current: 'c', token: 't' }), {
    course: 'c',
    email: 'e',
  })
  t.same(detailsOf({}, 'name,email\n'), { bytes: 11 })
  t.same(detailsOf({}, [1, 2, 3]), { count: 3 })
  t.equal((detailsOf({}, { text: 'x'.repeat(900_000) }).text as string).length, 200)
  t.same(detailsOf({}, { at: { '\0': ['\ud800'] } }), { at: { '\ufffd': ['\ufffd'] } })
  const cut = detailsOf({}, { texts: ['x'.repeat(197) + '😀'.repeat(300)] }).texts as string
  t.equal(cut, `["${'x'.repeat(197)}\ufffd`, 'no half of a character where a long value is cut')
  t.equal(storable('a\0b\ud800'), 'a\ufffdb\ufffd')
  t.equal(subjectOf({ course: 'c', student: 's' }), 's')
  t.equal(subjectOf({ course: 'c', version: 3 }), '3')
  const { rows } = await database.query('SELECT * FROM logs.audit')
  const everything = JSON.stringify(rows)
  for (const secret of [
    PASSWORD,
    'not this one',
    'Grace Hopper',
    added[0]?.key ?? '',
    admin.cookie,
    admin.csrf,
  ])
    t.notMatch(everything, secret)
})

t.test('P11: without its audit log nothing is changed, nothing is read and nobody comes in', async t => {
  await database.query('ALTER TABLE logs.audit RENAME TO audit_away')
  t.teardown(() => database.query('ALTER TABLE IF EXISTS logs.audit_away RENAME TO audit'))
  const rename = await owner.ask(`PATCH /api/courses/${COURSE.id}`, { name: 'Other' })
  t.match({ ...rename, headers: null }, { status: 503, body: { error: { code: 'service_unavailable' } } })
  t.equal(rename.headers.get('retry-after'), '1')
  t.match((await owner.ask(`GET /api/courses/${COURSE.id}`)).body, { name: COURSE.name })
  t.equal((await owner.ask(`GET /api/conversations?course=${COURSE.id}`)).status, 503)
  const browser = openBrowser(url)
  const entering = await browser.ask('POST /api/session', { email: 'root@example.edu', password: PASSWORD })
  t.equal(entering.status, 503)
  t.same(entering.headers.getSetCookie(), [])
  t.equal((await owner.ask('GET /api/courses')).status, 200, 'the rest goes on')
  await database.query('ALTER TABLE logs.audit_away RENAME TO audit')
  t.equal((await owner.ask(`PATCH /api/courses/${COURSE.id}`, { name: 'Other' })).status, 200)
})
