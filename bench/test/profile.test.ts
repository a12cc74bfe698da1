import t from 'tap'
import { callsOf, hottest } from '../suites/profile/calls.ts'
import { flameGraph } from '../suites/profile/flame-graph.ts'

const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber })
const PROFILE = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('serve', 'node:http', 9), children: [4, 5] },
    { id: 4, callFrame: frame('<read>', 'file:///x/node_modules/.pnpm/a@1/node_modules/a/index.js', 0) },
    { id: 5, callFrame: frame('write', 'node:net', 1) },
  ],
  samples: [3, 4, 2, 5, 4],
  timeDeltas: [0, 1000, 3000, 9000, 2000],
}

t.test('a profile becomes calls, without the time in which there was nothing to do', async t => {
  const root = callsOf(PROFILE)
  t.equal(root.totalMs, 6)
  t.strictSame(hottest(root, 2), [
    { name: '<read> a/index.js:1', selfMs: 3 },
    { name: 'write node:net:2', selfMs: 2 },
  ])
  t.strictSame(
    root.calls[0]?.calls.map(({ name }) => name),
    ['<read> a/index.js:1', 'write node:net:2'],
  )
})

t.test('a flame graph is one page that loads nothing', async t => {
  const page = flameGraph(callsOf(PROFILE), 'a <title>')
  t.equal(page.match(/<rect /g)?.length, 4, 'root, serve, read and write')
  t.match(page, '&lt;read&gt; a/index.js:1\n3.0 ms (50.0 %), itself 3.0 ms')
  t.notMatch(page, /(src|href)=|<title>a <title>/)
})
