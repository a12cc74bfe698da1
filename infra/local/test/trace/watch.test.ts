import t from 'tap'
import type { TreeNode } from '../../src/trace/tree.ts'
import { Watch } from '../../src/trace/watch.ts'
import { BATCH, INSERT, REQUEST, span } from './spans.ts'

function watching() {
  const shown: TreeNode[][] = []
  const watch = new Watch({ quietMs: 1500, show: trees => shown.push(trees) })
  const count = (nodes: TreeNode[]): number =>
    nodes.reduce((sum, { children }) => sum + 1 + count(children), 0)
  return { watch, shown, spansShown: () => shown.map(count) }
}
const { root, ...below } = REQUEST

t.test('a request is shown once, when its root has come and nothing more comes', async t => {
  const { watch, shown, spansShown } = watching()
  watch.add(Object.values(below), 0)
  watch.showComplete(60_000)
  t.same(shown, [], 'it may still run')
  watch.add([root], 60_000)
  watch.showComplete(61_499)
  t.same(shown, [])
  watch.showComplete(61_500)
  watch.showComplete(99_000)
  t.same(spansShown(), [7])
})

t.test(
  'a batch that comes late is waited for, and one that comes before its request is kept for it',
  async t => {
    const late = watching()
    late.watch.add(Object.values(REQUEST), 0)
    late.watch.add([INSERT, BATCH], 1400)
    late.watch.showComplete(1500)
    t.same(late.shown, [])
    late.watch.showComplete(2900)
    t.same(late.spansShown(), [9])

    const early = watching()
    early.watch.add([INSERT, BATCH], 0)
    early.watch.add(Object.values(REQUEST), 1000)
    early.watch.showComplete(2500)
    t.same(early.spansShown(), [9])
  },
)

t.test('nothing but requests of students is shown', async t => {
  const { watch, shown } = watching()
  const others = [
    span('self-check', null, [0, 1]),
    span('GET /v1/models', null, [0, 1], { kind: 'server' }),
    span('POST /api/courses', null, [0, 1], { kind: 'server' }),
    span('POST', 'elsewhere', [0, 1], { kind: 'client' }),
  ].map((one, index) => ({ ...one, traceId: String(index) }))
  watch.add([...others, BATCH], 0)
  watch.showComplete(9000)
  watch.end()
  t.same(shown, [])
})

t.test('at the end what is complete but for its last batches is shown too', async t => {
  const { watch, spansShown } = watching()
  watch.add(Object.values(REQUEST), 0)
  watch.end()
  watch.end()
  t.same(spansShown(), [7])
})

t.test('what no request asks for is forgotten in time', async t => {
  const { watch, spansShown } = watching()
  watch.add(Object.values(below), 0)
  for (let index = 0; index < 5000; index++)
    watch.add([{ ...INSERT, traceId: String(index), spanId: String(index) }], 1)
  watch.add([root], 2)
  watch.end()
  t.same(spansShown(), [1])
})
