import { GetThreadCall } from '@lectern/shared/contracts/conversations.ts'
import t from 'tap'
import { recordOf, startLogger } from '../logger.ts'

const { publish, drained, asking } = await startLogger(t)
const thread = asking(GetThreadCall)
const START_MS = Date.UTC(2026, 10, 2, 8)
const DAY_MS = 86_400_000

t.test('a thread is found in what is stored: of one student, one course, one week', async t => {
  const messages: unknown[] = []
  const records = Array.from({ length: 5 }, (_, index) => {
    messages.push({ role: 'user', content: `question ${index}` })
    const answers = [{ text: `answer ${index}`, toolCalls: [], finishReason: 'stop' }]
    const record = recordOf({
      id: `r${index}`,
      startedAtMs: START_MS + index,
      messages: [...messages],
      answers,
    })
    messages.push({ role: 'assistant', content: `answer ${index}` })
    return record
  })
  const goesOn = {
    messages: [...messages, { role: 'user', content: 'more' }],
    startedAtMs: START_MS + DAY_MS,
  }
  const others = [
    recordOf({ id: 'another student', ...goesOn, studentId: 'bob' }),
    recordOf({ id: 'another course', ...goesOn, courseId: 'other' }),
    recordOf({ id: 'much later', ...goesOn, startedAtMs: START_MS + 8 * DAY_MS }),
    recordOf({ id: 'last', ...goesOn }),
  ]
  await Promise.all([...records, ...others].map(publish))
  await drained()
  const ids = ['r0', 'r1', 'r2', 'r3', 'r4', 'last']
  for (const id of ['r0', 'r3', 'last']) {
    const { items, truncated } = await thread({ id })
    t.same(
      items.map(item => item.id),
      ids,
      id,
    )
    t.same(
      items.map(({ parentId }) => parentId),
      [null, ...ids.slice(0, -1)],
    )
    t.equal(truncated, false)
  }
  t.match((await thread({ id: 'r0' })).items[0], {
    question: 'question 0',
    answer: 'answer 0',
    flagged: false,
  })
  await t.rejects(thread({ id: 'none' }), { code: 'not_found' })
})

t.test('a busy student: what is near is looked through, and it says so', async t => {
  const busy = Array.from({ length: 260 }, (_, index) =>
    recordOf({ id: `b${index}`, studentId: 'busy', startedAtMs: START_MS + index }),
  )
  await Promise.all(busy.map(publish))
  await drained()
  t.match(await thread({ id: 'b0' }), { items: [{ id: 'b0' }], truncated: true })
  t.match(await thread({ id: 'b130' }), { items: [{ id: 'b130' }], truncated: false })
})
