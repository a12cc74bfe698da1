import t from 'tap'
import { policyOf, versionsEverInForce } from '../src/course.ts'

const NOW_MS = Date.parse('2026-11-26T12:00:00Z')
const version = (number: number, fromWeek: number, toWeek: number, publishAt: string | null = null) => ({
  ...{ id: `v${number}`, version: number, fromWeek, toWeek, publishAt },
  createdAt: '2026-11-25T08:00:00.000Z',
})

t.test('only the texts of versions that some week uses are read', async t => {
  const versions = [version(1, 1, 10), version(2, 1, 10), version(3, 4, 4), version(4, 1999, 1999)]
  t.same(versionsEverInForce(versions, NOW_MS).sort(), ['v2', 'v3', 'v4'])
  const uncovered = [version(1, 1, 10), version(2, 1, 4), version(3, 7, 10)]
  t.same(versionsEverInForce(uncovered, NOW_MS).sort(), ['v1', 'v2', 'v3'], 'the first in weeks 5 and 6')
  t.same(versionsEverInForce([], NOW_MS), [])
  const tomorrow = '2026-11-27T12:00:00.000Z'
  const planned = [version(1, 1, 10), version(2, 1, 10), version(3, 1, 10, tomorrow)]
  t.same(versionsEverInForce(planned, NOW_MS).sort(), ['v2', 'v3'], 'now, and when the next one is published')
})

t.test('P6: a policy names the exact version, and carries nothing that a gateway does not need', async t => {
  const rule = { kind: 'block' as const, pattern: 'p', message: 'm', courseId: 'c', createdAt: '' }
  const course = {
    courseId: 'c',
    versions: [version(1, 1, 10), version(2, 4, 4)],
    texts: new Map([
      ['v1', 'one'],
      ['v2', 'two'],
    ]),
    rules: [
      { ...rule, id: 'r1', fromWeek: 1, toWeek: 10 },
      { ...rule, id: 'r2', fromWeek: 5, toWeek: 10 },
    ],
  }
  t.same(policyOf(course, 4, NOW_MS), {
    courseId: 'c',
    week: 4,
    prompt: { id: 'v2', version: 2, text: 'two' },
    rules: [{ id: 'r1', kind: 'block', pattern: 'p', message: 'm' }],
  })
  t.same(policyOf(course, 11, NOW_MS), { courseId: 'c', week: 11, prompt: null, rules: [] })
})
