import t from 'tap'
import { startPrompts } from '../prompts.ts'

const { publish, preview, testRules, addRule, listPrompts } = await startPrompts(t)
const course = { courseId: 'c', fromWeek: 1, toWeek: 5 }
await publish({ ...course, text: 'You are the tutor.' })
const guide = await addRule({ ...course, kind: 'guide', pattern: 'homework', message: 'Give hints only.' })
const block = await addRule({
  ...course,
  kind: 'block',
  pattern: 'exam (solution|答案)',
  message: 'Not yet.',
})
const late = await addRule({ ...course, fromWeek: 5, kind: 'block', pattern: 'homework', message: 'Over.' })

t.test('P6: the preview is what the model gets: prompt, guides that hit, question', async t => {
  const of = (question: string, more: object = {}) => preview({ courseId: 'c', week: 2, question, ...more })
  const user = (content: string) => ({ role: 'user', content })
  t.same(await of('What is a gradient?'), {
    messages: [{ role: 'system', content: 'You are the tutor.' }, user('What is a gradient?')],
    ...{ blockedWith: null, hits: [], version: 1 },
  })
  t.same(await of('my HOMEWORK', { text: 'A draft.' }), {
    messages: [{ role: 'system', content: 'A draft.\n\nGive hints only.' }, user('my HOMEWORK')],
    ...{ blockedWith: null, hits: [{ id: guide.id, kind: 'guide' }], version: null },
  })
  t.match(await of('the exam solution'), { messages: [], blockedWith: 'Not yet.', hits: [{ id: block.id }] })
  t.match(await of('hi', { week: 9 }), { messages: [user('hi')], version: null })
  t.match(await of('hi', { courseId: 'unknown' }), { messages: [user('hi')] })
  t.equal((await listPrompts({ courseId: 'c', limit: 10 })).items.length, 1, 'nothing is kept')
})

t.test('the tester says which rules hit, and where in the text', async t => {
  const text = '👋 Exam 答案? exam 答案! Homework'
  const { hits } = await testRules({ courseId: 'c', text })
  const found = hits.map(({ rule, places }) => [
    rule.id,
    places.map(({ start, end }) => text.slice(start, end)),
  ])
  t.same(found, [
    [guide.id, ['Homework']],
    [block.id, ['Exam 答案', 'exam 答案']],
    [late.id, ['Homework']],
  ])
  t.match(await testRules({ courseId: 'c', text: '👋 EXAM 答案?', week: 2, pattern: '答|👋' }), {
    hits: [{ rule: { id: block.id, message: 'Not yet.' }, places: [{ start: 3, end: 10 }] }],
    places: [
      { start: 0, end: 2 },
      { start: 8, end: 9 },
    ],
  })
  t.same(await testRules({ courseId: 'c', text: 'homework', week: 2 }), {
    hits: [{ rule: guide, places: [{ start: 0, end: 8 }] }],
    places: null,
  })
  t.equal((await testRules({ courseId: 'c', text: 'x'.repeat(1000), pattern: 'y*' })).places?.length, 200)
  await t.rejects(testRules({ courseId: 'c', text: 'x', pattern: '(' }), {
    code: 'invalid_request',
    param: 'pattern',
  })
})
