import { ListModelsCall } from '@lectern/shared/contracts/models.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import t from 'tap'
import { MODEL, startCampus } from './campus.ts'
import { TRIAL_ACCOUNT } from './staff.ts'

/** Staff try a draft; nobody else can say what the model is told. */

const campus = await startCampus(t)
const { asked, provider, staff } = campus
staff.policy.rules = [
  { id: 'b', kind: 'block', pattern: 'solution', message: 'Not before the exam.' },
  { id: 'g', kind: 'guide', pattern: 'proof', message: 'Only sketch proofs.' },
]
const DRAFT = { week: 7, text: 'You are strict.' }

const post = (path: string, key: string, content: string, more: object = {}) =>
  fetch(campus.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content }], ...more }),
  })
const tryOut = (content: string, { key = campus.trialKey, draft = DRAFT as object } = {}) =>
  post('/v1/trials/chat/completions', key, content, { draft, stream: true })
const sent = () => provider.requests.at(-1)?.body

t.test(
  'P3 P6: the draft is what the model is told, with the rules of its week, and the record says so',
  async t => {
    const answer = await tryOut('A proof, please')
    t.equal(answer.status, 200)
    t.match(await answer.text(), /data: \[DONE\]\n\n$/)
    t.same((sent() as { messages: unknown }).messages, [
      { role: 'system', content: 'You are strict.\n\nOnly sketch proofs.' },
      { role: 'user', content: 'A proof, please' },
    ])
    t.notHas(sent(), { draft: DRAFT })
    const [{ record, headers } = {}] = await campus.recordsOf(1)
    t.match(record, {
      ...{ studentId: TRIAL_ACCOUNT, endpoint: '/v1/trials/chat/completions', outcome: 'completed' },
      ...{ promptVersionId: null, promptVersion: null, parameters: { draft: DRAFT } },
      ruleHits: [{ id: 'g', kind: 'guide' }],
    })
    t.match(headers, { 'Lectern-Student': TRIAL_ACCOUNT, 'Lectern-End': 'settle' })
    t.ok((asked.reserve.at(-1)?.inputTokens ?? 0) > DRAFT.text.length, 'it is part of what is held')
  },
)

t.test('a block rule answers as it would', async t => {
  const before = provider.requests.length
  t.match(await (await tryOut('the solution')).text(), /Not before the exam/)
  t.equal(provider.requests.length, before)
})

t.test('P6: with a student’s key nothing is held, asked or recorded', async t => {
  const before = [provider.requests.length, asked.reserve.length, (await campus.records()).length]
  const answer = await tryOut('hello', { key: campus.key })
  t.equal(answer.status, 403)
  t.match(await answer.json(), { error: { code: 'forbidden' } })
  t.same([provider.requests.length, asked.reserve.length, (await campus.records()).length], before)
})

t.test('P6: at the other doors a draft says nothing, whoever sends it', async t => {
  for (const key of [campus.key, campus.trialKey]) {
    await (await post('/v1/chat/completions', key, 'hello', { draft: DRAFT })).text()
    t.match(sent(), { messages: [{ role: 'system', content: 'Be kind.' }] })
  }
})

t.test('a draft that is none is refused', async t => {
  for (const draft of [
    {},
    { week: 1, text: '' },
    { week: 0, text: 'x' },
    { week: 1, text: 'x'.repeat(200_001) },
  ])
    t.equal((await tryOut('hello', { draft })).status, 400)
})

t.test('any gateway says which models there are', async t => {
  const { items } = await requester(campus.bus, ListModelsCall)({})
  t.same(items, [{ name: MODEL, operations: ['chat'] }])
})
