import t from 'tap'
import { printRequest } from '../../src/trace/print.ts'
import type { ReceivedSpan } from '../../src/trace/receiver.ts'
import { growTrees } from '../../src/trace/tree.ts'
import { BATCH, INSERT, REQUEST, span, TRACE } from './spans.ts'

const plain = (_: string, text: string) => text
const print = (spans: ReceivedSpan[], columns = 100) =>
  printRequest(growTrees(TRACE, spans), { columns, style: plain }).split('\n')

t.test('a request: its ids, then each span with where it hangs, its facts and its time', async t => {
  const lines = print([...Object.values(REQUEST), BATCH, INSERT])
  const [heading = '', ...rest] = lines
  t.match(heading, /^\d\d:\d\d:00 {2}01990000-0000-7000-8000-000000000000 {2}trace a{32} +100\.0 ms$/)
  t.same(rest, [
    'POST /v1/chat/completions  gateway  200, completed, first token 31 ms, charged 46           100.0 ms',
    '├─ prompt lookup  hit                                                      ━                  1.0 ms',
    '├─ request quota.reserve  granted                                          ━                  6.0 ms',
    '│  └─ handle quota.reserve  quota                                          ━                  4.0 ms',
    '│     └─ redis reserve-1.lua  granted, bucket a7                           ━                  2.0 ms',
    '├─ chat demo  scripted, first token 20 ms, 12 in, 34 out, stop              ━━━━━━━━━━━━     80.0 ms',
    '└─ publish records.completed                                                           ━      4.0 ms',
    '   └─ ⇠ linked: process quota-ledger  quota  2 messages                    +10 ms later      15.0 ms',
    '      └─ pg.query:INSERT lectern                                           +12 ms later       6.0 ms',
  ])
})

t.test('no line is wider than the terminal', async t => {
  const spans = [...Object.values(REQUEST), BATCH, INSERT]
  for (const columns of [100, 120, 140]) {
    t.same([...new Set(print(spans, columns).map(line => line.length))], [columns])
  }
  t.equal(print(spans, 20)[0]?.length, 100)
  t.equal(print(spans, 500)[0]?.length, 140)
  const long = span('x'.repeat(200), 'root', [99_000, 100_000], {
    attributes: { 'lectern.reply': 'granted' },
  })
  t.match(print([REQUEST.root, long])[2], /^└─ x+… \+99 s later +1000\.0 ms$/)
})

t.test('a failure is red, a refusal is not', async t => {
  const failed = {
    status: 'error' as const,
    attributes: { 'error.type': 'unreachable', 'lectern.attempt': 2 },
  }
  const attempt = { ...REQUEST.attempt, ...failed }
  const root = { ...REQUEST.root, status: 'error' as const }
  const refused = { ...REQUEST.reserve, attributes: { 'lectern.reply': 'insufficient_quota' } }
  const styled = printRequest(growTrees(TRACE, [root, refused, attempt]), {
    style: (format, text) => (format === 'red' ? `<${text}>` : text),
  }).split('\n')
  t.match(styled[1], /^<POST \/v1\/chat\/completions> {2}gateway<.*error, 200, completed/)
  t.match(styled[2], /request quota\.reserve {2}insufficient_quota /)
  t.notMatch(styled[2], '<')
  t.match(styled[3], /<chat demo>< {2}unreachable, attempt 2>.*< +80\.0 ms>$/)
})

t.test('what lacks its parent says so, and what has no id either', async t => {
  const lines = print([{ ...REQUEST.root, attributes: {} }, REQUEST.script])
  t.match(lines[0], 'no request id')
  t.match(lines[2], /^redis reserve-1\.lua {2}quota {2}parent unknown, granted, bucket a7/)
})

t.test('a name that a student has chosen cannot move the cursor', async t => {
  const lines = print([REQUEST.root, span('chat \u001b[2J\nx', 'root', [1, 2])])
  t.equal(lines.length, 3)
  t.match(lines[2], 'chat �[2J�x')
})

t.test('nothing to print', async t => t.equal(printRequest([]), ''))
