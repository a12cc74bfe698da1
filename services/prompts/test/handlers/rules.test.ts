import t from 'tap'
import { startPrompts } from '../prompts.ts'

const { addRule, listRules, removeRule, resolve } = await startPrompts(t, {
  replicas: 2,
  env: { CACHE_TTL_MS: '3600000' },
})
const rule = {
  courseId: 'c',
  kind: 'block' as const,
  pattern: 'solve .* for me',
  message: 'Try it first.',
  fromWeek: 2,
  toWeek: 4,
}
const idsInForce = async (courseId: string, week: number) =>
  (await resolve({ courseId, week })).rules.map(({ id }) => id)

t.test('P6: a rule is in force in its weeks from the moment it is added until it is removed', async t => {
  t.same(await idsInForce('c', 2), [])
  const added = await addRule(rule)
  t.match(added, rule)
  const second = await addRule({ ...rule, kind: 'guide', fromWeek: 1 })
  t.same(await idsInForce('c', 1), [second.id])
  t.same(await idsInForce('c', 4), [added.id, second.id])
  t.same(await idsInForce('c', 5), [])
  t.same(await removeRule({ courseId: 'c', ruleId: added.id }), added)
  t.same(await idsInForce('c', 4), [second.id])
  t.same(
    (await listRules({ courseId: 'c', limit: 50 })).items.map(({ id }) => id),
    [second.id],
  )
})

t.test("removing what is not there, or is another course's, is not_found", async t => {
  const { id: ruleId } = await addRule({ ...rule, courseId: 'mine' })
  await t.rejects(removeRule({ courseId: 'other', ruleId }), { code: 'not_found' })
  await removeRule({ courseId: 'mine', ruleId })
  await t.rejects(removeRule({ courseId: 'mine', ruleId }), { code: 'not_found' })
})

t.test('P11: a pattern that no gateway could run is refused when it is saved, with the reason', async t => {
  for (const pattern of ['(unclosed', 'look(?=ahead)', '(a)\\1', '[z-a]', 'a**']) {
    await t.rejects(addRule({ ...rule, courseId: 'bad', pattern }), {
      code: 'invalid_request',
      param: 'pattern',
      message: /RE2/,
    })
  }
  await t.rejects(addRule({ ...rule, courseId: 'bad', pattern: 'a\0b' }), {
    code: 'invalid_request',
    param: 'pattern',
  })
  await t.rejects(addRule({ ...rule, courseId: 'bad', message: 'a\0b' }), {
    code: 'invalid_request',
    param: 'message',
  })
  await t.rejects(addRule({ ...rule, courseId: 'bad', fromWeek: 5 }), {
    code: 'invalid_request',
    param: 'toWeek',
  })
  t.same(await listRules({ courseId: 'bad', limit: 50 }), { items: [], next: null })
})

t.test('rules are listed page by page, newest first; a course has a bounded number of them', async t => {
  const added: string[] = []
  for (let count = 0; count < 100; count++) added.push((await addRule({ ...rule, courseId: 'many' })).id)
  await t.rejects(addRule({ ...rule, courseId: 'many' }), { code: 'conflict' })
  const listed: string[] = []
  let cursor: string | undefined
  do {
    const page = await listRules({ courseId: 'many', limit: 30, ...(cursor ? { cursor } : {}) })
    listed.push(...page.items.map(({ id }) => id))
    cursor = page.next ?? undefined
  } while (cursor)
  t.same(new Set(listed), new Set(added))
  t.equal(listed.length, 100)
  t.equal((await idsInForce('many', 3)).length, 100)
})
