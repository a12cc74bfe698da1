import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import type { Use } from '../../src/use-tables.ts'
import { COURSE, TOKEN, until } from '../lectern.ts'
import { record, startLectern } from '../real-services.ts'

const { api, url, operator } = await startLectern(t)
const today = Temporal.Now.plainDateISO('UTC')
const RUNNING = { ...COURSE, timezone: 'UTC', startsOn: today.subtract({ days: 9 }).toString() }
await api('POST /api/courses', { ...RUNNING, weeklyTokens: 1000 })
await api('POST /api/courses/ml-26/students', [
  { id: 's1', name: 'Ada', email: 'ada@example.edu' },
  { id: 's2', name: '=cmd', email: 'eve@example.edu' },
])
const ask = (studentId: string, chargeTokens: number, more: Partial<Parameters<typeof record>[1]> = {}) =>
  record(operator, {
    id: randomUUIDv7(),
    ...{ courseId: 'ml-26', studentId, week: 2, chargeTokens, question: 'q', answer: 'a' },
    ...more,
  })

t.test('a week at a glance: sums, cost by the prices of the course, who is near the limit', async t => {
  const prices = { 'demo-small': { input: 2, cachedInput: 0.5, output: 10 } }
  t.match(await api('PATCH /api/courses/ml-26', { modelPrices: prices, currency: 'EUR' }), {
    status: 200,
    body: { modelPrices: prices, currency: 'EUR', retentionDays: null },
  })
  await ask('s1', 850)
  await ask('s2', 900, { question: '=HYPERLINK("http://evil.example")', model: 'other' })
  await api('POST /api/students/s2/grants', { week: 2, tokens: 1000, reason: 'project' })
  const used = async () => (await api<Use>('GET /api/courses/ml-26/use')).body
  const balance = () => api<{ used: number }>('GET /api/students/s1/balance')
  await until(balance, ({ body }) => body.used === 850)
  const seen = await until(used, ({ requests }) => requests === 2)
  t.match(seen, {
    ...{ week: 2, requests: 2, students: 2, chargeTokens: 1750, currency: 'EUR' },
    // 10 input at 2, 840 output at 10, for a million.
    cost: 0.0084,
    models: [
      { model: 'other', cost: null },
      { model: 'demo-small', cost: 0.0084 },
    ],
    days: [{ day: today.toString(), requests: 2 }],
    nearLimit: [{ studentId: 's1', granted: 1000, remaining: 150 }],
    topStudents: [{ studentId: 's2' }, { studentId: 's1' }],
    weeks: [{ week: 2, requests: 2 }],
  })
  t.same((await api<Use>('GET /api/courses/ml-26/use?week=1')).body.days, [])
  t.equal((await api('GET /api/courses/nope/use')).status, 404)
  t.equal(
    (await api('PATCH /api/courses/ml-26', { modelPrices: { m: { input: -1, cachedInput: 0, output: 0 } } }))
      .status,
    400,
  )
})

t.test('each table as JSON and as CSV, which no spreadsheet runs', async t => {
  const get = (path: string, accept = '*/*') =>
    fetch(`${url}/api/courses/ml-26/use/${path}`, { headers: { authorization: `Bearer ${TOKEN}`, accept } })
  t.match(await (await get('days')).json(), { items: [{ day: today.toString(), requests: 2 }] })
  for (const asked of [get('questions.csv?week=2'), get('questions', 'text/csv')]) {
    const answer = await asked
    t.equal(answer.headers.get('content-type'), 'text/csv; charset=utf-8')
    t.match(answer.headers.get('content-disposition'), 'ml-26-questions.csv')
    const [start, ...lines] = (await answer.text()).split('\r\n')
    t.equal(start, '"question","requests","students"')
    t.ok(lines.includes(`"'=HYPERLINK(""http://evil.example"")",1,1`), String(lines))
  }
  for (const table of ['hours', 'models', 'endings', 'students', 'near-limit', 'weeks']) {
    const [columns = '', first = ''] = (await (await get(`${table}.csv`)).text()).split('\r\n')
    t.equal(columns.split(',').length, first.split(',').length, table)
    t.ok(first.length > 0, table)
  }
  t.equal((await get('nothing')).status, 400)
})
