import t from 'tap'
import { type Imported, until } from './lectern.ts'
import { signedIn } from './staff.ts'
import { MODEL, RUNNING, startCampus } from './students-page.ts'

/** Staff try a prompt in the console, on all of Lectern. */

t.setTimeout(120_000)
const campus = await startCampus(t)
const { url, api, provider } = campus
await api('POST /api/courses', { ...RUNNING, weeklyTokens: 3000, defaultMaxTokens: 500 })
await api('POST /api/courses/ml-26/prompts', { fromWeek: 1, toWeek: 15, text: 'You are the tutor.' })
await api('POST /api/courses/ml-26/rules', {
  ...{ kind: 'block', pattern: 'exam solution', message: 'Not before the exam.', fromWeek: 2, toWeek: 2 },
})
const { body: people } = await api<Imported[]>('POST /api/courses/ml-26/students', [
  { id: 'bob', name: 'Bob', email: 'bob@x.edu' },
])
const ada = await signedIn(campus, { name: 'Ada', courses: [{ id: 'ml-26', role: 'owner' }] })

const TRIAL = 'POST /api/courses/ml-26/prompts/try'
const body = (content: string, more: object = {}) => ({
  ...{ model: MODEL, messages: [{ role: 'user', content }], week: 1, text: 'You are strict.' },
  ...more,
})
/** Asks as the page does; the answer as it streams. */
function tryOut(content: string, more: object = {}, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${url}/api/courses/ml-26/prompts/try`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${campus.environment.ADMIN_TOKEN}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body(content, more)),
    signal,
  })
}

interface Kept {
  studentId: string
  question: string
  chargeTokens: number
  outcome: string
}
const conversations = async () =>
  (await api<{ items: Kept[] }>('GET /api/conversations?course=ml-26')).body.items
const kept = async (question: string) =>
  (await until(conversations, items => items.some(item => item.question === question))).find(
    item => item.question === question,
  ) as Kept

t.test(
  'P1 P3 P6: the draft is what the model is told, streamed, recorded, and paid by the account for trials',
  async t => {
    const answer = await tryOut('hello')
    t.equal(answer.status, 200)
    t.match(answer.headers.get('content-type'), /^text\/event-stream/)
    t.match(await answer.text(), /"delta"[\s\S]*data: \[DONE\]\n\n$/)
    t.match(provider.requests.at(-1)?.body, {
      messages: [
        { role: 'system', content: 'You are strict.' },
        { role: 'user', content: 'hello' },
      ],
    })
    const { studentId, chargeTokens } = await kept('hello')
    t.match(studentId, /^trial\./)
    const balance = () => api<{ used: number; granted: number }>(`GET /api/students/${studentId}/balance`)
    const { body: paid } = await until(balance, ({ body }) => body.used > 0)
    t.match(paid, { granted: 3000, used: chargeTokens, held: 0 })
    t.match((await api('GET /api/students/bob/balance')).body, { used: 0 })
  },
)

t.test('several turns, with the rules of the week that is asked for', async t => {
  const messages = ['one', 'two', 'three'].map((content, index) => ({
    role: index % 2 ? 'assistant' : 'user',
    content,
  }))
  await (await tryOut('', { messages })).text()
  t.match(provider.requests.at(-1)?.body, { messages: [{ role: 'system' }, ...messages] })
  const before = provider.requests.length
  t.match(await (await tryOut('the exam solution', { week: 2 })).text(), /Not before the exam/)
  t.equal(provider.requests.length, before)
})

t.test('a course that has not begun is tried, too', async t => {
  const startsOn = Temporal.Now.plainDateISO('UTC').add({ days: 30 }).toString()
  await api('POST /api/courses', { ...RUNNING, id: 'next', startsOn })
  const { status } = await api('POST /api/courses/next/prompts/try', body('before the first week'))
  t.equal(status, 200)
  const list = () => api<{ items: Kept[] }>('GET /api/conversations?course=next')
  const { body: found } = await until(list, answer => answer.body.items.length === 1)
  t.match(found.items, [{ question: 'before the first week' }])
})

t.test(
  'each of the staff has an account of their own, which is not on the roster nor in its sums',
  async t => {
    t.match(await ada.ask(TRIAL, body('from Ada')), { status: 200 })
    const { studentId } = await kept('from Ada')
    t.not(studentId, (await kept('hello')).studentId)
    t.match((await api(`GET /api/students/${studentId}`)).body, { name: 'Ada', keys: [] })
    const { body: list } = await api<{ items: { id: string }[] }>('GET /api/courses/ml-26/students')
    t.same(
      list.items.map(({ id }) => id),
      ['bob'],
    )
    t.match((await api('GET /api/courses/ml-26/use?week=1')).body, { requests: 0, students: 0 })
  },
)

t.test('who may not spend may not try', async t => {
  const before = provider.requests.length
  const alan = await signedIn(campus, { name: 'Alan', courses: [{ id: 'ml-26', role: 'assistant' }] })
  t.match(await alan.ask(TRIAL, body('x')), { status: 403 })
  const eve = await signedIn(campus, { name: 'Eve' })
  t.match(await eve.ask(TRIAL, body('x')), { status: 404 })
  for (const more of [{ text: '' }, { week: 0 }, { messages: [] }, { stream: false }, { studentId: 'bob' }])
    t.equal((await tryOut('x', more)).status, 400, JSON.stringify(more))
  t.match(await (await tryOut('x', { model: 'another' })).json(), { error: { code: 'model_not_found' } })
  t.equal(provider.requests.length, before)
})

t.test('P6: a student cannot, not even at the gateway itself', async t => {
  const before = provider.requests.length
  const refused = await fetch(`${campus.gatewayUrl}/v1/trials/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${people[0]?.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ model: MODEL, messages: [{ role: 'user', content: 'x' }] },
      draft: { week: 1, text: 'Say everything.' },
    }),
  })
  t.equal(refused.status, 403)
  t.equal(provider.requests.length, before)
})

t.test('each is in the audit log', async t => {
  const { body: log } = await api<{ items: { action: string; actor: string }[] }>(
    'GET /api/audit?course=ml-26',
  )
  t.ok(log.items.some(({ action, actor }) => action === 'prompt.try' && actor === ada.email))
})

t.test('P5: who leaves ends it, and pays for what came', async t => {
  const leaving = new AbortController()
  provider.control.direct({ hang: 'stream', after: 3 }, 1)
  const answer = await tryOut('a long story', {}, leaving.signal)
  await answer.body?.getReader().read()
  leaving.abort()
  const { outcome, chargeTokens } = await kept('a long story')
  t.equal(outcome, 'client_gone')
  t.ok(chargeTokens > 0)
})

t.test('P1: no token more than the week has', async t => {
  await api('PATCH /api/courses/ml-26', { weeklyTokens: 1 })
  const refused = await tryOut('once more')
  t.equal(refused.status, 429)
  t.match(await refused.json(), { error: { code: 'insufficient_quota' } })
})

t.test('the models that are offered, and those that only the course knows', async t => {
  const models = async () => (await api('GET /api/courses/ml-26/models')).body
  t.same(await models(), {
    items: [{ name: MODEL, operations: ['chat'], allowed: true }],
    missing: [],
  })
  await api('PATCH /api/courses/ml-26', { models: ['gone'] })
  t.same(await models(), {
    items: [{ name: MODEL, operations: ['chat'], allowed: false }],
    missing: ['gone'],
  })
})
