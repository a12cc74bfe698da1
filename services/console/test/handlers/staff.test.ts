import t from 'tap'
import { openBrowser, PASSWORD, type SessionBody, setUpAdmin } from '../browser.ts'
import { COURSE, clientOf } from '../lectern.ts'
import { startLectern } from '../real-services.ts'
import { signedIn } from '../staff.ts'

const lectern = await startLectern(t)
const { url, operator } = lectern
const token = clientOf(url)
const admin = await setUpAdmin(url, operator)
const startsOn = Temporal.Now.plainDateISO('UTC').toString()
for (const id of ['ml-26', 'other']) await token('POST /api/courses', { ...COURSE, id, startsOn })

interface Member {
  id: string
  email: string
  isAdmin: boolean
  disabled: boolean
  canSignIn: boolean
  inviteUrl: string
}
const NEW = { password: 'another long sentence' }
const tokenOf = ({ inviteUrl }: Member) => inviteUrl.split('#')[1] ?? ''

t.test('an invitation: sent, accepted, and somebody can do what they were invited for', async t => {
  const { status, body: invited } = await admin.ask<Member>('POST /api/staff', {
    email: 'Olga@Example.edu',
    name: 'Olga',
    courses: [{ id: 'ml-26', role: 'owner' }],
  })
  t.equal(status, 201)
  t.match(invited, { email: 'olga@example.edu', isAdmin: false, canSignIn: false })
  t.ok(invited.inviteUrl.startsWith(`${url}/invite#`))
  const browser = openBrowser(url)
  t.equal((await browser.ask('POST /api/invite', { token: tokenOf(invited), password: 'short' })).status, 400)
  const { body } = await browser.ask<SessionBody>('POST /api/invite', { token: tokenOf(invited), ...NEW })
  t.match(body, { user: { id: invited.id, courses: [{ id: 'ml-26', name: COURSE.name, role: 'owner' }] } })
  t.equal((await browser.ask('PATCH /api/courses/ml-26', { name: 'Hers' })).status, 200)
  t.match(await browser.ask('POST /api/invite', { token: tokenOf(invited), ...NEW }), {
    status: 401,
    body: { error: { code: 'wrong_credentials', param: 'token' } },
  })
  t.equal((await browser.ask('POST /api/session', { email: 'olga@example.edu', ...NEW })).status, 200)
})

t.test('a new link resets a password, and ends what was signed in by the old one', async t => {
  const person = await signedIn(lectern, { name: 'Adam' })
  const { body: renewed } = await admin.ask<Member>(`POST /api/staff/${person.id}/invite`)
  t.equal((await person.ask('GET /api/courses')).status, 200, 'until it is used')
  const browser = openBrowser(url)
  t.equal((await browser.ask('POST /api/invite', { token: tokenOf(renewed), ...NEW })).status, 200)
  t.equal((await person.ask('GET /api/courses')).status, 401)
  const old = { email: person.email, password: PASSWORD }
  t.equal((await openBrowser(url).ask('POST /api/session', old)).status, 401)
})

t.test('who is disabled is out at once; the last admin stays', async t => {
  const person = await signedIn(lectern, { name: 'Dora', isAdmin: true })
  t.equal((await person.ask('GET /api/staff')).status, 200)
  t.match(await admin.ask(`PATCH /api/staff/${person.id}`, { isAdmin: false }), { status: 200 })
  t.equal((await person.ask('GET /api/staff')).status, 403)
  t.match(await admin.ask(`PATCH /api/staff/${person.id}`, { disabled: true }), { status: 200 })
  t.equal((await person.ask('GET /api/courses')).status, 401)
  const { body } = await admin.ask<SessionBody>('GET /api/session')
  for (const patch of [{ isAdmin: false }, { disabled: true }])
    t.match(await admin.ask(`PATCH /api/staff/${body.user?.id}`, patch), {
      status: 409,
      body: { error: { code: 'conflict', message: /last admin/ } },
    })
})

t.test('mass assignment: nobody makes themselves more than they are', async t => {
  const owner = await signedIn(lectern, { name: 'Otto', courses: [{ id: 'ml-26', role: 'owner' }] })
  const put = (path: string, body: object) => owner.ask(`PUT /api/courses/${path}/staff/${owner.id}`, body)
  t.equal((await put('ml-26', { role: 'admin' })).status, 400)
  t.equal((await put('ml-26', { role: 'owner', isAdmin: true })).status, 400)
  t.equal((await put('ml-26', { role: 'owner', courseId: 'other' })).status, 400)
  t.equal((await put('other', { role: 'owner' })).status, 404)
  t.equal((await owner.ask(`PATCH /api/staff/${owner.id}`, { isAdmin: true })).status, 403)
  for (const body of [
    { email: 'x@example.edu', name: 'X', id: owner.id },
    { email: 'x@example.edu', name: 'X', passwordHash: 'x' },
    { email: 'x@example.edu', name: 'X', courses: [{ id: 'ml-26', role: 'owner', isAdmin: true }] },
  ])
    t.equal((await admin.ask('POST /api/staff', body)).status, 400)
  for (const patch of [{}, { email: 'y@example.edu' }, { passwordHash: 'x' }, { canSignIn: true }])
    t.equal((await admin.ask(`PATCH /api/staff/${owner.id}`, patch)).status, 400)
  const json = { 'content-type': 'application/json' }
  for (const raw of ['{"name":"Otto","__proto__":{"isAdmin":true}}', '{"name":"Otto","constructor":{}}']) {
    await admin.ask(`PATCH /api/staff/${owner.id}`, raw, json)
    const { body } = await admin.ask<{ items: Member[] }>('GET /api/staff')
    t.match(
      body.items.find(({ id }) => id === owner.id),
      { isAdmin: false },
    )
  }
})

t.test('roles in a course, by its owner', async t => {
  const owner = await signedIn(lectern, { name: 'Ida', courses: [{ id: 'other', role: 'owner' }] })
  const helper = await signedIn(lectern, { name: 'Hugo', courses: [{ id: 'ml-26', role: 'assistant' }] })
  const route = `/api/courses/other/staff/${helper.id}`
  const given = await owner.ask<object>(`PUT ${route}`, { role: 'assistant' })
  t.match(given, { status: 200, body: { id: helper.id, role: 'assistant' } })
  t.same(
    Object.keys(given.body).sort(),
    ['disabled', 'email', 'id', 'name', 'role'],
    'nothing of other courses',
  )
  t.equal((await helper.ask('GET /api/courses/other')).status, 200)
  t.equal((await helper.ask(`PUT ${route}`, { role: 'owner' })).status, 403)
  const { body } = await helper.ask<{ items: { id: string; role: string }[] }>('GET /api/courses/other/staff')
  t.same(
    body.items.map(({ id, role }) => `${id} ${role}`).sort(),
    [`${helper.id} assistant`, `${owner.id} owner`].sort(),
  )
  const bring = (email: string, more: object = {}) =>
    owner.ask<Member>('POST /api/courses/other/staff', { email, name: 'N', role: 'assistant', ...more })
  const known = await bring(helper.email.toUpperCase())
  t.match(known, { status: 201, body: { id: helper.id, inviteUrl: null } })
  const { body: brought } = await bring('new@example.edu')
  const assistant = openBrowser(url)
  await assistant.ask('POST /api/invite', { token: tokenOf(brought), ...NEW })
  t.equal((await assistant.ask('GET /api/courses/other/students')).status, 200)
  t.equal((await bring('x@example.edu', { isAdmin: true })).status, 400)
  t.equal(
    (await helper.ask('POST /api/courses/other/staff', { email: 'y@x', name: 'Y', role: 'owner' })).status,
    403,
  )
  t.equal((await owner.ask(`DELETE ${route}`)).status, 204)
  t.equal((await helper.ask('GET /api/courses/other')).status, 404)
  t.equal((await owner.ask('PUT /api/courses/other/staff/nobody', { role: 'owner' })).status, 404)
})
