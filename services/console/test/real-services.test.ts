import { randomUUIDv7 } from 'node:crypto'
import type { LedgerEntry } from '@lectern/shared/contracts/budget.ts'
import type { ConversationSummary } from '@lectern/shared/contracts/conversations.ts'
import type { Course, Student } from '@lectern/shared/contracts/courses.ts'
import type { PromptVersion, Rule } from '@lectern/shared/contracts/prompts.ts'
import type { Balance } from '@lectern/shared/contracts/quota.ts'
import { hashKey } from '@lectern/shared/keys.ts'
import t from 'tap'
import { type Answer, COURSE, type Imported, until } from './lectern.ts'
import { record, startLectern } from './real-services.ts'

const { api, operator, stopQuota, startQuota } = await startLectern(t)
const today = Temporal.Now.plainDateISO('UTC')
const RUNNING = { ...COURSE, timezone: 'UTC', startsOn: today.subtract({ days: 2 }).toString() }

/** All items of a list, read in pages of two. */
async function all<T>(path: string): Promise<T[]> {
  const items: T[] = []
  for (let next: string | null = ''; next !== null; ) {
    const query: string = `${path.includes('?') ? '&' : '?'}limit=2${next && `&cursor=${encodeURIComponent(next)}`}`
    const answer: Answer<{ items: T[]; next: string | null }> = await api(`GET ${path}${query}`)
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    items.push(...answer.body.items)
    next = answer.body.next
  }
  return items
}

t.test('courses: created, read, listed, changed', async t => {
  const created = await api<Course>('POST /api/courses', RUNNING)
  t.equal(created.status, 201)
  t.match(created.body, { ...RUNNING, requestsPerMinute: 60, parallelRequests: 8 })
  t.match(await api('POST /api/courses', RUNNING), { status: 409, body: { error: { code: 'conflict' } } })
  t.match(await api('POST /api/courses', { ...RUNNING, id: 'x', timezone: 'Mars/Base' }), { status: 400 })
  t.match(await api('POST /api/courses', { ...RUNNING, id: 'x', startsOn: '2026-02-30' }), { status: 400 })
  t.match(await api('PATCH /api/courses/ml-26', { weeklyTokens: 50_000 }), {
    body: { weeklyTokens: 50_000, weeks: 15 },
  })
  t.match(await api('GET /api/courses/ml-26'), { status: 200, body: { weeklyTokens: 50_000 } })
  const more = {
    modelWeights: { large: { input: 3000, cachedInput: 300, output: 12_000 } },
    breaks: [{ startsOn: today.add({ days: 5 }).toString(), weeks: 2 }],
    ...{ tokensPerMinute: 90_000, courseParallelRequests: 50, outsideTokens: 1000, carryOverTokens: 20_000 },
  }
  t.match(await api('PATCH /api/courses/ml-26', more), { status: 200, body: more })
  t.match(await api('GET /api/courses/ml-26'), { body: more })
  t.match(await api('PATCH /api/courses/ml-26', { outsideTokens: null, breaks: [] }), {
    body: { ...more, outsideTokens: null, breaks: [] },
  })
  t.equal((await api('GET /api/courses/nope')).status, 404)
  for (const id of ['a', 'b', 'c']) await api('POST /api/courses', { ...RUNNING, id })
  const listed = (await all<Course>('/api/courses')).map(({ id }) => id)
  t.same(listed.toSorted(), ['a', 'b', 'c', 'ml-26'])
})

t.test('students: JSON and CSV, paging, dropping', async t => {
  const json = await api<Imported[]>('POST /api/courses/ml-26/students', [
    { id: 's1', name: 'Ada Lovelace', email: 'Ada@Example.edu' },
    { id: 's2', name: '王小明', email: 'wang@example.cn' },
  ])
  t.equal(json.status, 201)
  const csv = await api<Imported[]>(
    'POST /api/courses/ml-26/students',
    'Name;E-Mail\nAlan Turing;alan@example.edu\n',
  )
  t.equal(csv.status, 201)
  t.match(csv.body, [{ id: /^alan-\w{6}$/, name: 'Alan Turing', key: /^ln_/ }])
  const listed = await all<Student>('/api/courses/ml-26/students')
  t.equal(listed.length, 3)
  t.equal(new Set(listed.map(({ id }) => id)).size, 3)
  const alan = csv.body[0]?.id
  t.match(await api(`DELETE /api/students/${alan}`), { status: 200, body: { active: false } })
  const dropped = await api<Student>(`GET /api/students/${alan}`)
  t.ok(
    dropped.body.keys.every(({ revokedAt }) => revokedAt !== null),
    'all keys are revoked',
  )
  t.equal((await api('GET /api/students/nobody')).status, 404)
  t.equal((await api('POST /api/courses/nope/students', [{ name: 'A', email: 'a@b' }])).status, 404)
})

t.test('what is taken is named by its line, and nothing is imported', async t => {
  const before = (await all<Student>('/api/courses/ml-26/students')).length
  const roster = 'name,email\nGrace Hopper,grace@example.edu\nAda again,ada@example.EDU\n'
  const { status, body } = await api('POST /api/courses/ml-26/students', roster)
  t.equal(status, 409)
  t.match(body.error, {
    code: 'conflict',
    param: 'line 3',
    message: /^Nothing was imported: line 3: .*ada@example\.edu/,
  })
  t.equal((await all<Student>('/api/courses/ml-26/students')).length, before)
})

t.test('the same roster imported twice at once: one wins, the other is told', async t => {
  const roster = `name,email\n${Array.from({ length: 40 }, (_, n) => `Student ${n},s${n}@race.example.edu`).join('\n')}`
  const answers = await Promise.all([1, 2, 3].map(() => api('POST /api/courses/a/students', roster)))
  t.same(answers.map(({ status }) => status).toSorted(), [201, 409, 409])
  t.equal((await all<Student>('/api/courses/a/students')).length, 40, 'each once')
})

t.test('P10: no key on the bus, in a list or in an error, whatever is done with it', async t => {
  let heard = ''
  const subscription = operator.subscribe('>', {
    callback: (_, message) => {
      heard += `${message.subject} ${[...(message.headers ?? [])].join()} ${message.string()}\n`
    },
  })
  await operator.flush()
  const imported = await api<Imported[]>('POST /api/courses/b/students', [
    { id: 'k1', name: 'K', email: 'k@b' },
  ])
  const created = await api<{ id: string; key: string }>('POST /api/students/k1/keys', {})
  const rotated = await api<{ id: string; key: string }>(`POST /api/keys/${created.body.id}/rotate`)
  t.equal(rotated.status, 201)
  const shown = await api<Student>('GET /api/students/k1')
  t.equal((await api(`DELETE /api/keys/${rotated.body.id}`)).status, 200)
  t.equal((await api('DELETE /api/keys/unknown')).status, 404)
  await operator.flush()
  subscription.unsubscribe()
  for (const key of [imported.body[0]?.key ?? '', created.body.key, rotated.body.key]) {
    t.ok(heard.includes(hashKey(key)), 'the hash is on the bus: the test does listen')
    t.notOk(heard.includes(key.slice(7, 16)), 'no part of the key beyond its hint')
    t.notOk(JSON.stringify(shown.body).includes(key.slice(7, 16)))
  }
  const states = Object.fromEntries(shown.body.keys.map(({ id, revokedAt }) => [id, revokedAt === null]))
  t.equal(states[created.body.id], false, 'rotating ended the old key')
  t.equal(states[rotated.body.id], true)
})

t.test('P2: a grant sent again with its Idempotency-Key is one grant; balance equals ledger', async t => {
  const grant = { week: 1, tokens: 700, reason: 'project work' }
  const again = { 'idempotency-key': 'extension-1' }
  for (const { status } of await Promise.all(
    [1, 2, 3].map(() => api('POST /api/students/s1/grants', grant, again)),
  )) {
    t.equal(status, 201)
  }
  t.equal(
    (await api('POST /api/students/s1/grants', { ...grant, tokens: -200, reason: 'mistake' })).status,
    201,
  )
  t.match(await api('POST /api/students/s2/grants', grant, again), { status: 409 })
  t.equal((await api('POST /api/students/nobody/grants', grant)).status, 404)
  const { body } = await api<Balance>('GET /api/students/s1/balance')
  t.match(body, { studentId: 's1', week: 1, granted: 50_500, used: 0, remaining: 50_500 })
  t.match(await api('GET /api/students/s1/balance?week=1'), { body: { granted: 50_500 } })
  const entries = await all<LedgerEntry>('/api/students/s1/ledger?week=1')
  t.equal(
    entries.reduce((sum, { tokens }) => sum + tokens, 0),
    50_500,
  )
  t.match(
    entries.find(({ tokens }) => tokens === -200),
    { kind: 'grant', actor: 'token', reason: 'mistake' },
  )
})

t.test('P6: prompts and rules: published, listed, removed; only of courses that exist', async t => {
  const texts = ['one', 'two', 'three']
  for (const text of texts) {
    const { status } = await api('POST /api/courses/ml-26/prompts', { fromWeek: 1, toWeek: 15, text })
    t.equal(status, 201)
  }
  const versions = await all<PromptVersion>('/api/courses/ml-26/prompts')
  t.same(versions.map(({ version }) => version).toSorted(), [1, 2, 3])
  const rule = { kind: 'block', pattern: 'exam', message: 'No.', fromWeek: 1, toWeek: 15 }
  const added = await api<Rule>('POST /api/courses/ml-26/rules', rule)
  t.match(added, { status: 201, body: rule })
  t.match(await api('POST /api/courses/ml-26/rules', { ...rule, pattern: '(?=x)' }), {
    status: 400,
    body: { error: { param: 'pattern', message: /RE2/ } },
  })
  t.equal((await api('POST /api/courses/ml-26/prompts', { fromWeek: 3, toWeek: 2, text: 'x' })).status, 400)
  t.equal((await all<Rule>('/api/courses/ml-26/rules')).length, 1)
  t.equal((await api(`DELETE /api/courses/ml-26/rules/${added.body.id}`)).status, 200)
  t.equal((await api(`DELETE /api/courses/ml-26/rules/${added.body.id}`)).status, 404)
  for (const noun of ['prompts', 'rules']) t.equal((await api(`GET /api/courses/nope/${noun}`)).status, 404)
  t.equal((await api('POST /api/courses/nope/prompts', { fromWeek: 1, toWeek: 1, text: 'x' })).status, 404)
})

t.test('conversations: listed, filtered, searched, read in full; charged in the balance', async t => {
  const said = [
    ['What is a gradient?', 'The direction of steepest ascent.'],
    ['什么是梯度下降?', '沿着负梯度方向前进。'],
    ['<script>alert(1)</script>', 'That is HTML.'],
  ]
  const ids = said.map(() => randomUUIDv7())
  for (const [index, [question = '', answer = '']] of said.entries()) {
    const id = ids[index] ?? ''
    await record(operator, {
      id,
      courseId: 'ml-26',
      studentId: 's1',
      week: 1,
      chargeTokens: 40,
      question,
      answer,
    })
  }
  const path = '/api/conversations?course=ml-26&student=s1&week=1'
  const listed = await until(
    () => all<ConversationSummary>(path),
    items => items.length === 3,
  )
  t.same(new Set(listed.map(({ id }) => id)), new Set(ids), 'each once, over two pages')
  for (const [words, index] of [
    ['steepest', 0],
    ['梯度下降', 1],
    ['ALERT(1)', 2],
  ] as const) {
    const found = await all<ConversationSummary>(`${path}&q=${encodeURIComponent(words)}`)
    t.same(
      found.map(({ id }) => id),
      [ids[index]],
      words,
    )
  }
  t.same(await all(`${path}&to=2020-01-01`), [])
  t.equal((await all(`/api/conversations?from=${today}`)).length, 3)
  t.same(await all('/api/conversations?student=s2'), [])
  t.match(await api(`GET /api/conversations/${ids[1]}`), {
    status: 200,
    body: {
      id: ids[1],
      answers: [{ text: '沿着负梯度方向前进。' }],
      messages: [{ role: 'user' }],
      chargeTokens: 40,
    },
  })
  t.equal((await api(`GET /api/conversations/${randomUUIDv7()}`)).status, 404)
  const balance = await until(
    () => api<Balance>('GET /api/students/s1/balance'),
    ({ body }) => body.used === 120,
  )
  t.equal(balance.body.remaining, 50_500 - 120)
})

t.test('a conversation arrives as it was recorded, whatever shape its parts have', async t => {
  const id = randomUUIDv7()
  const parts = {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'é 王 \u2028' },
          { type: 'image_url', image_url: { url: 'x' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{}' } }],
      },
      'not even an object',
      null,
    ],
    parameters: {
      temperature: 0.5,
      tools: [{ nested: { deep: [1, null, true] } }],
      'odd name': '',
      seed: null,
    },
    answers: [{ text: '', toolCalls: [{ id: 'c2', type: 'function' }, 7], finishReason: null }],
    ruleHits: [{ id: 'r1', kind: 'guide' as const }],
    firstTokenMs: null,
    totalMs: 1234.5678,
  }
  const asked = { courseId: 'ml-26', studentId: 's2', week: 1, chargeTokens: 40, question: '', answer: '' }
  await record(operator, { id, ...asked, ...parts })
  const ask = () => api<object>(`GET /api/conversations/${id}`)
  const { body } = await until(ask, ({ status }) => status === 200)
  t.same({ ...body, ...parts }, body)
})

t.test('P11: quota away is a 503 at once; it works again when it is back', async t => {
  await stopQuota()
  const startedMs = performance.now()
  const { status, headers } = await api('GET /api/courses/ml-26')
  t.equal(status, 503)
  t.equal(headers.get('retry-after'), '1')
  t.ok(performance.now() - startedMs < 1500, 'no waiting for the timeout of 2 s')
  t.equal((await api('GET /api/conversations')).status, 200, 'what others answer still works')
  await startQuota()
  await until(
    () => api('GET /api/courses/ml-26'),
    answer => answer.status === 200,
  )
})
