import { randomUUIDv7 } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import { PERMISSIONS, type Place } from '../src/permissions.ts'
import { guardRoutes } from '../src/plugins/auth.ts'
import { openBrowser } from './browser.ts'
import { type Api, COURSE, clientOf, type Imported, until } from './lectern.ts'
import { record, startLectern } from './real-services.ts'
import { signedIn } from './staff.ts'

/** Every role at every route, on the real services: who is let in, and as what the others are turned away. */

// Every role at every route.
t.setTimeout(120_000)
const lectern = await startLectern(t)
const { url, operator } = lectern
const token = clientOf(url)
const startsOn = Temporal.Now.plainDateISO('UTC').toString()
for (const id of ['this', 'other']) await token('POST /api/courses', { ...COURSE, id, startsOn })

/** What is there in a course, by where a route names it. */
async function thingsOf(course: string): Promise<Record<Place, string>> {
  const row = [{ name: 'Ada', email: `ada@${course}.edu` }]
  const { body: added } = await token<Imported[]>(`POST /api/courses/${course}/students`, row)
  const student = added[0]?.id ?? ''
  const { body: key } = await token<{ id: string }>(`POST /api/students/${student}/keys`)
  const conversation = randomUUIDv7()
  const asked = { courseId: course, studentId: student, week: 1, chargeTokens: 20 }
  await record(operator, { id: conversation, ...asked, question: 'q', answer: 'a' })
  await until(
    () => token(`GET /api/conversations/${conversation}`),
    ({ status }) => status === 200,
  )
  return { course, query: course, student, key: key.id, conversation }
}

const things = await thingsOf('this')
const { body: students } = await token<Imported[]>('POST /api/courses/this/students', [
  { name: 'Alan', email: 'alan@this.edu' },
])
const member = (name: string, ...courses: { id: string; role: 'owner' | 'assistant' }[]) =>
  signedIn(lectern, { name, courses })

const studentKey = students[0]?.key ?? ''
const root = await signedIn(lectern, { name: 'Root', isAdmin: true })
const roles: Record<string, Api> = {
  none: openBrowser(url).ask,
  'student key': clientOf(url, studentKey),
  nothing: (await member('Nothing')).ask,
  'assistant of other': (await member('Alice', { id: 'other', role: 'assistant' })).ask,
  'owner of other': (await member('Olga', { id: 'other', role: 'owner' })).ask,
  'assistant of this': (await member('Adam', { id: 'this', role: 'assistant' })).ask,
  'owner of this': (await member('Oskar', { id: 'this', role: 'owner' })).ask,
  admin: root.ask,
  token,
}
const MEMBERS = ['nothing', 'assistant of other', 'owner of other', 'assistant of this', 'owner of this']

/** `in`: whatever the answer is, it is not one of a guard. */
type Expected = 'in' | 401 | 403 | 404
function expected(role: string, { level, of }: (typeof PERMISSIONS)[string]): Expected {
  if (level === 'anyone') return 'in'
  // By the cookie of their own page only, whose own test is students-page.test.ts.
  if (level === 'student') return 401
  if (role === 'none' || role === 'student key') return 401
  if (level === 'person') return role === 'token' ? 403 : 'in'
  if (role === 'token' || role === 'admin' || level === 'staff') return 'in'
  if (level === 'admin' || of === undefined) return 403
  if (!role.endsWith('of this')) return 404
  return level === 'assistant' || role === 'owner of this' ? 'in' : 403
}

/** The address of a route about something of this course; bodies that are wrong change nothing for whoever is let in. */
function addressOf(route: string, of: Place | undefined): string {
  const [method, path = ''] = route.split(' ')
  const named: Record<string, string> = { ...things, id: things.conversation, rule: 'no', staff: 'nobody' }
  const filled = path.replace(/:(\w+)/g, (_, name: string) => named[name] ?? 'no')
  return `${method} ${filled}${of === 'query' ? '?course=this' : ''}`
}

// What ends the thing itself, or the session of the one who tries, comes last.
const routes = Object.entries(PERMISSIONS).sort(
  ([one], [two]) => Number(one.startsWith('DELETE')) - Number(two.startsWith('DELETE')),
)
for (const [route, permission] of routes) {
  t.test(route, async t => {
    // Whoever is let in by a DELETE finds the thing gone, or the session ended: the others first.
    for (const [role, ask] of Object.entries(roles)) {
      const wanted = expected(role, permission)
      if (wanted === 'in' && route.startsWith('DELETE /api/session')) continue
      const { status, body } = await ask(addressOf(route, permission.of), wrongBody(route))
      const { code = '' } = (body as { error?: { code: string } } | undefined)?.error ?? {}
      const turnedAway = code === 'unauthorized' || code === 'forbidden' || code === 'not_found'
      if (wanted === 'in')
        t.notOk(code === 'unauthorized' || code === 'forbidden', `${role}: ${status} ${code}`)
      else t.match({ status, turnedAway }, { status: wanted, turnedAway: true }, role)
    }
  })
}

function wrongBody(route: string): unknown {
  return /^(POST|PATCH|PUT)/.test(route) ? { nothing: 'of this kind' } : undefined
}

t.test('what is of another course and what is not there are answered alike', async t => {
  for (const [role, ask] of Object.entries(roles)) {
    if (!MEMBERS.includes(role) || role.endsWith('of this')) continue
    for (const [there, absent] of [
      ['GET /api/courses/this', 'GET /api/courses/absent'],
      [`GET /api/students/${things.student}`, 'GET /api/students/absent'],
      [`GET /api/conversations/${things.conversation}`, 'GET /api/conversations/absent'],
      ['GET /api/conversations?course=this', 'GET /api/conversations?course=absent'],
    ])
      t.same((await ask(there ?? '')).body, (await ask(absent ?? '')).body, `${role}: ${there}`)
  }
})

t.test('lists answer one’s own only', async t => {
  const coursesOf = async (role: string, query = '') => {
    const { body } = (await roles[role]?.<{ items: { id: string }[]; next: string | null }>(
      `GET /api/courses${query}`,
    )) ?? { body: { items: [], next: null } }
    return body
  }
  const idsOf = async (role: string) => (await coursesOf(role)).items.map(({ id }) => id)
  t.same(await idsOf('nothing'), [])
  t.same(await idsOf('owner of other'), ['other'])
  t.same(await idsOf('assistant of this'), ['this'])
  t.same(await idsOf('admin'), ['other', 'this'])
  t.same((await coursesOf('assistant of this', '?limit=1')).next, null, 'the page ends where one’s own end')
  const ask = roles['assistant of this']
  t.match(await ask?.('GET /api/conversations'), { status: 400, body: { error: { param: 'course' } } })
  for (const query of ['?course=', '?course=this&course=other', '?course[]=this'])
    t.equal((await ask?.(`GET /api/conversations${query}`))?.status === 200, false, query)
})

t.test('a route without a line does not start', async t => {
  const app = Fastify()
  guardRoutes(app, {} as never)
  t.throws(
    () => app.get('/api/forgotten', async () => 'x'),
    /GET \/api\/forgotten has no line in permissions.ts/,
  )
})

t.test('each line has its route', async t => {
  const { body } = await token<{ paths: Record<string, object> }>('GET /openapi.json')
  const served = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  // The pages' files are no part of the API.
  served.push('GET /assets/*')
  t.same(served.sort(), Object.keys(PERMISSIONS).sort())
})

t.test('who sends a token is judged by it alone', async t => {
  const both = { authorization: 'Bearer not-the-token-of-the-tests' }
  t.equal((await root.ask('GET /api/courses')).status, 200)
  t.equal((await root.ask('GET /api/courses', undefined, both)).status, 401)
})
