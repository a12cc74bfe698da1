import t from 'tap'
import type { ConversationSummary } from '../../web/src/api/types.ts'
import { fitsFilter, NOTHING_FRESH, withFresh } from '../../web/src/pages/conversations/fresh.ts'

const item = (part: Partial<ConversationSummary>) =>
  ({
    id: 'c1',
    studentId: 's1',
    week: 3,
    model: 'large',
    outcome: 'completed',
    ruleHits: [{ id: 'r1', kind: 'guide' }],
    startedAtMs: Date.parse('2026-11-02T10:00:00Z'),
    ...part,
  }) as ConversationSummary

t.test('each new conversation counts once, and none that is shown', async t => {
  const all = () => true
  const first = withFresh(
    NOTHING_FRESH,
    { count: 2, items: [item({}), item({ id: 'c2' })] },
    new Set(['c2']),
    all,
  )
  t.same([...first.ids], ['c1'])
  const again = withFresh(first, { count: 1, items: [item({})] }, new Set(), all)
  t.equal(again.ids.size, 1)
  t.equal(again.more, false)
  t.equal(withFresh(again, { count: 50, items: [item({ id: 'c3' })] }, new Set(), all).more, true)
  t.same(
    withFresh(NOTHING_FRESH, { count: 50, items: [item({})] }, new Set(), () => false),
    NOTHING_FRESH,
  )
})

t.test('only what the list would have is new', async t => {
  const fits = (filter: Parameters<typeof fitsFilter>[1]) => fitsFilter(item({}), filter, 'Europe/Berlin')
  for (const filter of [
    {},
    { student: 's1' },
    { week: 3, model: 'large', outcome: 'completed' as const, rule: 'r1' },
    { from: '2026-11-02', to: '2026-11-02' },
  ])
    t.ok(fits(filter), JSON.stringify(filter))
  for (const filter of [
    { q: 'words' },
    { student: 's2' },
    { week: 4 },
    { model: 'small' },
    { outcome: 'blocked' as const },
    { rule: 'r2' },
    { flagged: true as const },
    { to: '2026-11-01' },
    { from: '2026-11-03' },
  ])
    t.notOk(fits(filter), JSON.stringify(filter))
})
