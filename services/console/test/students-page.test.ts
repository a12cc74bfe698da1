import { randomBytes, randomUUIDv7 } from 'node:crypto'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { isWellFormedKey } from '@lectern/shared/keys.ts'
import t from 'tap'
import { openBrowser } from './browser.ts'
import { clientOf, type Imported, until } from './lectern.ts'
import { record } from './real-services.ts'
import { type MeBody, MODEL, RUNNING, signIn, startCampus } from './students-page.ts'

t.setTimeout(120_000)
const campus = await startCampus(t)
const { url, api, operator } = campus
await api('POST /api/courses', { ...RUNNING, groupTokens: { lab: 20_000 } })
const { body: people } = await api<Imported[]>('POST /api/courses/ml-26/students', [
  { id: 'ada', name: 'Ada', email: 'ada@x.edu', group: 'lab' },
  { id: 'eve', name: 'Eve', email: 'eve@x.edu' },
])
const keyOf = (id: string) => people.find(person => person.id === id)?.key ?? ''
const ask = (id: string, question: string) => {
  const asked = { courseId: 'ml-26', studentId: id, week: 1, chargeTokens: 40 }
  const request: Parameters<typeof record>[1] = {
    id: randomUUIDv7(),
    ...asked,
    question,
    answer: 'as you like',
  }
  return record(operator, request).then(() => request.id)
}

t.test('nobody has signed in: that is an answer, and everything else is refused', async t => {
  const anyone = openBrowser(url)
  t.same((await anyone.ask('GET /api/me')).body, { session: null })
  t.match(await anyone.ask('GET /api/me', undefined, { cookie: 'lectern-student=x' }), {
    status: 200,
    body: { session: null },
  })
  for (const route of [
    ...['GET /api/me/balance', 'GET /api/me/use', 'GET /api/me/conversations', 'GET /api/me/settings'],
    ...['POST /api/me/key', 'POST /api/me/chat', 'DELETE /api/me/session', 'GET /api/me/conversations/x'],
  ])
    t.match(
      await anyone.ask(route, route.startsWith('GET') ? undefined : {}),
      { status: 401, body: { error: { code: 'unauthorized' } } },
      route,
    )
  t.match(await api('GET /api/me/balance'), { status: 401 }, 'not by the staff’s token, either')
  for (const key of [
    'x',
    `${keyOf('ada')}x`,
    keyOf('ada').replace(/.$/, last => (last === 'x' ? 'y' : 'x')),
  ]) {
    t.match(await anyone.ask('POST /api/me/session', { key }), {
      body: { error: { code: 'invalid_api_key' } },
    })
  }
})

t.test('the cookie is no script’s to read, and each sign-in has another one', async t => {
  const ada = await signIn(url, keyOf('ada'))
  t.match(ada.setCookie, /^lectern-student=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  t.match((await ada.ask<MeBody>('GET /api/me')).body, {
    session: { student: { id: 'ada', group: 'lab' }, course: { id: 'ml-26' }, csrf: ada.csrf },
  })
  const planted = openBrowser(url)
  planted.cookie = ada.cookie
  await planted.ask('POST /api/me/session', { key: keyOf('eve') })
  t.not(planted.cookie, ada.cookie)
  t.same((await ada.ask('GET /api/me')).body, { session: null }, 'the one from before has ended')
})

t.test('made-up sessions of an address are not asked for without end; real ones pass', async t => {
  const ada = await signIn(url, keyOf('ada'))
  const made = () => {
    const cookie = `lectern-student=${randomBytes(32).toString('base64url')}`
    return openBrowser(url).ask('GET /api/me/balance', undefined, { cookie })
  }
  const statuses = new Set<number>()
  for (let round = 0; round < 22; round++) {
    const answers = await Promise.all(Array.from({ length: 50 }, made))
    for (const { status } of answers) statuses.add(status)
  }
  t.same([...statuses], [401, 429])
  t.equal((await ada.ask('GET /api/me/balance')).status, 200)
  t.equal((await signIn(url, keyOf('eve'))).cookie.length > 0, true, 'signing in is another matter')
})

t.test('a student sees their own, whatever they send', async t => {
  const [ada, eve] = [await signIn(url, keyOf('ada')), await signIn(url, keyOf('eve'))]
  const mine = await ask('ada', 'what is a gradient?')
  const theirs = await ask('eve', 'a secret of mine')
  await until(
    () => eve.ask(`GET /api/me/conversations/${theirs}`),
    ({ status }) => status === 200,
  )
  const list = await until(
    () => ada.ask<{ items: ConversationRecord[] }>('GET /api/me/conversations'),
    ({ body }) => body.items.length > 0,
  )
  t.match(list.body, { items: [{ id: mine, question: 'what is a gradient?', chargeTokens: 40 }], next: null })
  t.notOk(/ruleHits|providerModel|traceId|flagged|notes|promptVersion/.test(JSON.stringify(list.body)))
  t.same((await ada.ask('GET /api/me/conversations?q=secret')).body, { items: [], next: null })
  t.match(await ada.ask(`GET /api/me/conversations/${mine}`), {
    status: 200,
    body: { messages: [{ content: 'what is a gradient?' }], answers: [{ text: 'as you like' }] },
  })
  const foreign = await ada.ask(`GET /api/me/conversations/${theirs}`)
  t.equal(foreign.status, 404)
  t.same(
    foreign.body,
    (await ada.ask(`GET /api/me/conversations/${randomUUIDv7()}`)).body,
    'as one that is not there',
  )
  for (const query of ['student=eve', 'studentId=eve', 'course=ml-26'])
    t.equal((await ada.ask(`GET /api/me/conversations?${query}`)).status, 400, query)
  t.match(await ada.ask('GET /api/students/eve'), { status: 401 }, 'the cookie opens nothing of the staff’s')

  t.match(await ada.ask('GET /api/me/balance'), {
    body: { week: 1, granted: 20_000, used: 40, held: 0, left: 19_960, resetsAt: /T/, models: [] },
  })
  const { body: use } = await ada.ask<{ items: { day: string; tokens: number }[] }>('GET /api/me/use?days=7')
  t.equal(use.items.length, 7)
  t.match(use.items.at(-1), { requests: 1, tokens: 40, inputTokens: 10, outputTokens: 30 })
  t.equal((await ada.ask('GET /api/me/use?days=0')).status, 400)
})

t.test('a change needs the page: its origin and its token', async t => {
  const ada = await signIn(url, keyOf('ada'))
  const wrong: Record<string, string>[] = [
    { 'x-csrf-token': '' },
    { 'x-csrf-token': (await signIn(url, keyOf('eve'))).csrf },
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'x-csrf-token': '', authorization: 'Bearer x' },
  ]
  for (const headers of wrong)
    t.match(await ada.ask('POST /api/me/key', undefined, headers), { status: 403 }, JSON.stringify(headers))
  t.match(await ada.ask('POST /api/me/session', { key: keyOf('eve') }, { origin: 'https://evil.example' }), {
    status: 403,
  })
  t.equal((await ada.ask('DELETE /api/me/session')).status, 204)
  t.same((await ada.ask('GET /api/me')).body, { session: null })
})

t.test('settings for a client: the address for students, and the models of the course', async t => {
  const ada = await signIn(url, keyOf('ada'))
  t.match(await ada.ask('GET /api/me/settings'), {
    body: { baseUrl: 'https://gateway.example.edu/v1', models: [MODEL], keyHint: /^ln_.{4}…$/ },
  })
})

t.test('P10: a rotated key is shown once, and ends the sessions and chats of the old one', async t => {
  const [here, elsewhere] = [await signIn(url, keyOf('eve')), await signIn(url, keyOf('eve'))]
  await elsewhere.ask('GET /api/me/settings')
  const rotated = await here.ask<{ key: string }>('POST /api/me/key')
  t.equal(rotated.status, 201)
  t.ok(isWellFormedKey(rotated.body.key))
  t.match((await here.ask<MeBody>('GET /api/me')).body, { session: { student: { id: 'eve' } } })
  t.match(await here.ask('GET /api/me/settings'), { status: 200, body: { models: [MODEL] } })
  t.same((await elsewhere.ask('GET /api/me')).body, { session: null })
  t.match(await openBrowser(url).ask('POST /api/me/session', { key: keyOf('eve') }), { status: 401 })
  const gateway = clientOf(campus.gatewayUrl, keyOf('eve'))
  t.equal((await gateway('GET /v1/models')).status, 401)
})
