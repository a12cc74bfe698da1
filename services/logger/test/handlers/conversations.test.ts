import type { ConversationSummary } from '@lectern/shared/contracts/conversations.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import t from 'tap'
import { recordOf, startLogger } from '../logger.ts'

const { publish, drained, empty, list, search } = await startLogger(t)
t.beforeEach(() => empty('logs.records'))
const START_MS = Date.UTC(2026, 10, 2, 8)
const store = async (records: ConversationRecord[]) => {
  await Promise.all(records.map(publish))
  await drained()
}
const idsOf = (page: { items: ConversationSummary[] }) => page.items.map(({ id }) => id)
const asked = (id: string, question: string, answer = '') =>
  recordOf({
    id,
    messages: [{ role: 'user', content: question }],
    answers: [{ text: answer, toolCalls: [], finishReason: 'stop' }],
  })

t.test('a list shows the beginning of question and answer, and all the short fields', async t => {
  const { v: _, messages: __, parameters: ___, answers: ____, ...shared } = recordOf({ id: 'one' })
  await store([asked('one', `为什么 ${'很'.repeat(300)}`, 'Because.')])
  t.same((await list({ limit: 10 })).items, [
    {
      ...shared,
      flagged: false,
      notes: 0,
      erased: false,
      question: `为什么 ${'很'.repeat(196)}`,
      answer: 'Because.',
    },
  ])
})

t.test('a list is filtered by course, student, week and time, newest first', async t => {
  await store([
    recordOf({ id: 'a', startedAtMs: START_MS }),
    recordOf({ id: 'b', startedAtMs: START_MS + 1000, studentId: 'bob' }),
    recordOf({ id: 'c', startedAtMs: START_MS + 2000, courseId: 'other' }),
    recordOf({ id: 'd', startedAtMs: START_MS + 3000, week: 4 }),
  ])
  t.same(idsOf(await list({ limit: 10 })), ['d', 'c', 'b', 'a'])
  t.same(idsOf(await list({ limit: 10, courseId: 'cs101' })), ['d', 'b', 'a'])
  t.same(idsOf(await list({ limit: 10, studentId: 'ada' })), ['d', 'c', 'a'])
  t.same(idsOf(await list({ limit: 10, courseId: 'cs101', week: 3 })), ['b', 'a'])
  const from = new Date(START_MS + 1000).toISOString()
  const to = new Date(START_MS + 3000).toISOString()
  t.same(idsOf(await list({ limit: 10, from, to })), ['c', 'b'], 'from is included, to is not')
  await t.rejects(list({ limit: 10, from: 'the day before yesterday' }), {
    code: 'invalid_request',
    param: 'from',
  })
})

t.test('pages stay as they are while records arrive', async t => {
  // Three at each instant, so that a page often ends between equal times.
  const records = Array.from({ length: 60 }, (_, index) =>
    recordOf({ id: `r${String(index).padStart(2, '0')}`, startedAtMs: START_MS + Math.floor(index / 3) }),
  )
  await store(records)
  const read: string[] = []
  let cursor: string | undefined
  do {
    const page = await list({ limit: 7, courseId: 'cs101', ...(cursor ? { cursor } : {}) })
    read.push(...idsOf(page))
    cursor = page.next ?? undefined
    await store([recordOf({ startedAtMs: START_MS + 1_000_000 + read.length })])
  } while (cursor)
  t.same(read, records.map(({ id }) => id).reverse())
  await t.rejects(list({ limit: 7, cursor: 'made up' }), { code: 'invalid_request', param: 'cursor' })
})

t.test('a page of long excerpts still fits into one message', async t => {
  await store(
    Array.from({ length: 500 }, () => asked(crypto.randomUUID(), '长'.repeat(400), '长'.repeat(400))),
  )
  const page = await list({ limit: 500 })
  t.ok(page.items.length > 100 && page.items.length < 500)
  t.equal((await list({ limit: 500, cursor: page.next ?? '' })).items.length, 500 - page.items.length)
})

t.test('P11: a search finds any text in question and answer, in any language and case', async t => {
  await store([
    asked('zh', '请解释一下递归函数', '递归就是自己调用自己。'),
    asked('en', 'What is Recursion?', 'See recursion.'),
    asked('ru', 'Что такое рекурсия?'),
    asked('de', 'Straße und Maß'),
    asked('sql', `WHERE name LIKE '50%_off' AND path = "C:\\temp"`),
    asked('plain', '50 percent off'),
    recordOf({
      id: 'parts',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'In PARTS' }] }],
      answers: [],
    }),
    recordOf({
      id: 'newest',
      messages: [
        { role: 'user', content: 'an older turn' },
        { role: 'user', content: 'the newest turn' },
      ],
      answers: [],
    }),
  ])
  const found = async (q: string) => idsOf(await search({ q, limit: 50 })).sort()
  const cases: [string, string[]][] = [
    ['递归', ['zh']],
    ['递归函数', ['zh']],
    ['自', ['zh']],
    ['recursion', ['en']],
    ['RECURSION?', ['en']],
    ['РЕКУРСИЯ', ['ru']],
    ['STRASSE', ['de']],
    ['50%', ['sql']],
    ['%_', ['sql']],
    ['50_', []],
    ['%', ['sql']],
    ['_', ['sql']],
    [`'50`, ['sql']],
    ['"C:\\t', ['sql']],
    ['\\', ['sql']],
    [`'; DROP TABLE logs.records; --`, []],
    ['parts', ['parts']],
    ['newest turn', ['newest']],
    ['older turn', []],
    ['\0', []],
  ]
  for (const [q, ids] of cases) t.same(await found(q), ids, JSON.stringify(q))
})

t.test('a search is filtered and paged like a list', async t => {
  const records = Array.from({ length: 20 }, (_, index) =>
    recordOf({
      id: `s${String(index).padStart(2, '0')}`,
      startedAtMs: START_MS + index,
      week: 1 + (index % 2),
    }),
  )
  await store([...records, recordOf({ courseId: 'other' })])
  const read: string[] = []
  let cursor: string | undefined
  do {
    const page = await search({
      q: 'monad',
      courseId: 'cs101',
      week: 1,
      limit: 4,
      ...(cursor ? { cursor } : {}),
    })
    read.push(...idsOf(page))
    cursor = page.next ?? undefined
  } while (cursor)
  t.same(
    read,
    records
      .filter(({ week }) => week === 1)
      .map(({ id }) => id)
      .reverse(),
  )
})
