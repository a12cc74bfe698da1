import t from 'tap'
import { ask, MODEL, recordOf, type Student, startSystem, until } from './system.ts'

/** Answers that are given again, with the real quota service: what they cost, and to whom they are given. */

const system = await startSystem(t, { course: { weeklyTokens: 100_000, ownKeys: true } })
const { gatewayUrl } = system.demo
const today = Temporal.Now.plainDateISO('UTC')

const change = (course: object, id = 'demo') => system.staff('PATCH', `/api/courses/${id}`, course)
const usedOf = async (id: string) =>
  (await system.staff<{ used: number }>('GET', `/api/students/${id}/balance`)).used

async function question(text: string, { id, key }: Student) {
  const before = { used: await usedOf(id), reached: system.provider.requests.length }
  const response = await fetch(`${gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, messages: ask(text), max_tokens: 400 }),
  })
  const answer = (await response.json()) as {
    choices: { message: { content: string } }[]
    usage: { total_tokens: number }
  }
  const requestId = response.headers.get('x-request-id')
  const record = await recordOf<{ chargeTokens: number; cached: boolean }>(system, requestId)
  const ends = () =>
    system.staff<{ items: { reservationId: string; kind: string; tokens: number }[] }>(
      'GET',
      `/api/students/${id}/ledger?limit=100`,
    )
  await until(
    async () => (await ends()).items.some(({ reservationId }) => reservationId === requestId),
    'the ledger has its end',
  )
  return {
    cache: response.headers.get('x-lectern-cache'),
    text: answer.choices[0]?.message.content,
    total: answer.usage.total_tokens,
    record,
    ends: (await ends()).items.filter(({ reservationId }) => reservationId === requestId),
    reached: system.provider.requests.length - before.reached,
    charged: (await usedOf(id)) - before.used,
  }
}

t.test('P1 P2: what an answer costs that is given again is the course’s to say', async t => {
  const [ada, bob] = (await system.enroll(['cache-ada', 'cache-bob'])) as [Student, Student]
  t.match(await question('What is a tree?', ada), { cache: null, reached: 1 })
  await change({ answerCache: 'charged', answerCacheMinutes: 5 })
  const first = await question('What is a tree?', ada)
  t.match(first, { cache: 'miss', reached: 1, charged: first.total, record: { cached: false } })
  t.match(await question('What is a tree?', bob), {
    ...{ cache: 'hit', reached: 0, text: first.text, total: first.total, charged: first.total },
    record: { cached: true, chargeTokens: first.total },
    ends: [{ kind: 'settle', tokens: -first.total }],
  })
  await change({ answerCache: 'free' })
  t.match(await question('What is a tree?', bob), {
    ...{ cache: 'hit', reached: 0, text: first.text, total: first.total, charged: 0 },
    record: { cached: true, chargeTokens: 0 },
    ends: [{ kind: 'settle', tokens: 0 }],
  })
  await change({ answerCache: 'off' })
  t.match(await question('What is a tree?', bob), { cache: null, reached: 1, record: { cached: false } })
})

t.test('no answer leaves its course', async t => {
  await change({ answerCache: 'free' })
  const [ada] = (await system.enroll(['cache-eve'])) as [Student]
  await system.staff('POST', '/api/courses', {
    ...{ id: 'other', name: 'Other', timezone: 'UTC', startsOn: today.toString(), weeks: 4 },
    ...{ weeklyTokens: 100_000, defaultMaxTokens: 500, models: [], answerCache: 'free' },
  })
  const [stranger] = (await system.staff('POST', '/api/courses/other/students', [
    { name: 'Stranger', email: 'stranger@example.edu' },
  ])) as unknown as [Student]
  // The same words of the staff in both.
  const { items } = await system.staff<{ items: { text: string }[] }>('GET', '/api/courses/demo/prompts')
  await system.staff('POST', '/api/courses/other/prompts', { text: items[0]?.text, fromWeek: 1, toWeek: 4 })
  t.match(await question('What is a leaf?', ada), { cache: 'miss', reached: 1 })
  t.match(await question('What is a leaf?', ada), { cache: 'hit', reached: 0 })
  t.match(await question('What is a leaf?', stranger), { cache: 'miss', reached: 1 })
  t.match(await question('What is a leaf?', stranger), { cache: 'hit', reached: 0, charged: 0 })
})
