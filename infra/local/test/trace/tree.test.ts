import t from 'tap'
import { growTrees, type TreeNode } from '../../src/trace/tree.ts'
import { BATCH, INSERT, REQUEST, span, TRACE } from './spans.ts'

/** A tree as indented names, a link marked with an arrow. */
function outline(trees: TreeNode[], indent = ''): string[] {
  return trees.flatMap(({ span, by, parentMissing, children }) => [
    `${indent}${by === 'link' ? '⇠ ' : ''}${span.name}${parentMissing ? ' (parent missing)' : ''}`,
    ...outline(children, `${indent}  `),
  ])
}

const WHOLE = [
  'POST /v1/chat/completions',
  '  prompt lookup',
  '  request quota.reserve',
  '    handle quota.reserve',
  '      redis reserve-1.lua',
  '  chat demo',
  '  publish records.completed',
  '    ⇠ process quota-ledger',
  '      pg.query:INSERT lectern',
]

t.test('the order of arrival does not matter, nor what came twice', async t => {
  const spans = [...Object.values(REQUEST), BATCH, INSERT]
  t.same(outline(growTrees(TRACE, spans)), WHOLE)
  t.same(outline(growTrees(TRACE, spans.toReversed())), WHOLE, 'a batch before its request')
  t.same(outline(growTrees(TRACE, [...spans, REQUEST.handle, BATCH, INSERT])), WHOLE)
})

t.test('a span whose parent has not come is a tree of its own, and says so', async t => {
  const { handle: _, ...rest } = REQUEST
  const trees = growTrees(TRACE, Object.values(rest))
  t.same(outline(trees).slice(-3), [
    '  chat demo',
    '  publish records.completed',
    'redis reserve-1.lua (parent missing)',
  ])
  t.equal(trees.length, 2)
})

t.test('two roots are two trees, the earlier one first', async t => {
  const later = span('self-check', null, [200, 210])
  const earlier = span('warm-up', null, [-20, -10])
  t.same(outline(growTrees(TRACE, [later, REQUEST.root, earlier])), [
    'warm-up',
    'POST /v1/chat/completions',
    'self-check',
  ])
})

t.test('a batch whose message is not known stands under the root', async t => {
  t.same(outline(growTrees(TRACE, [BATCH, REQUEST.root])), [
    'POST /v1/chat/completions',
    '  ⇠ process quota-ledger',
  ])
})

t.test('only a consumer that links to a trace is shown in it', async t => {
  const links = [{ traceId: TRACE, spanId: 'publish' }]
  const other = { traceId: 'd'.repeat(32), links }
  const followUp = span('POST /v1/chat/completions', null, [300, 400], { ...other, kind: 'server' })
  t.same(growTrees(TRACE, [followUp]), [])
  t.equal(outline(growTrees(TRACE, [REQUEST.root, REQUEST.publish, followUp])).length, 2)
})
