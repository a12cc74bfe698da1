import t from 'tap'
import { createLog } from '../src/log.ts'
import { withRequestId } from '../src/request-id.ts'
import { inSpan, SpanKind } from '../src/spans.ts'
import { collectSpans } from '../src/testing/spans.ts'

const spans = collectSpans(t)
let lines: string[] = []
const log = createLog('test', 'trace', { write: line => void lines.push(line) })
const last = () => JSON.parse(lines.at(-1) ?? '{}')
t.beforeEach(() => {
  lines = []
})

t.test('P9: a line names the request and the trace that it belongs to', async t => {
  log.info('nothing runs')
  t.notHas(last(), { trace_id: String })
  t.notOk('requestId' in last() || 'span_id' in last())
  await inSpan('work', { kind: SpanKind.INTERNAL, root: true }, async () =>
    withRequestId('r1', () => log.info({ n: 1 }, 'inside')),
  )
  const [span] = spans.named('work')
  t.ok(span)
  t.match(last(), {
    level: 30,
    service: 'test',
    msg: 'inside',
    n: 1,
    requestId: 'r1',
    trace_id: span?.spanContext().traceId,
    span_id: span?.spanContext().spanId,
  })
})

const SECRET = 'what nobody may read'

t.test('P10: secrets and what people wrote are removed, however deep and whatever the spelling', async t => {
  const nasty = {
    authorization: SECRET,
    headers: { Authorization: SECRET, 'X-API-Key': SECRET, cookie: [SECRET], 'set-cookie': SECRET },
    request: { body: { messages: [{ role: 'user', content: [{ type: 'text', text: SECRET }] }] } },
    a: { b: { c: { d: [{ e: { apiKey: SECRET } }] } } },
    list: [[{ password: SECRET }], { deep: { token: SECRET } }],
    answer: { choices: SECRET },
    rows: [{ values: [SECRET] }, { detail: `Key (email)=(${SECRET})` }],
    client: new (class Client {
      password = SECRET
      own = SECRET
    })(),
    buffer: Buffer.from(SECRET),
  }
  log.info(nasty)
  log.error({
    err: Object.assign(new Error('failed'), nasty, { cause: Object.assign(new Error('why'), nasty) }),
  })
  log.child({ course: 'c' }).warn({ data: nasty, other: new Map([[SECRET, SECRET]]) })
  const circle: Record<string, unknown> = { text: SECRET }
  circle.again = { circle }
  log.warn(circle)
  t.equal(lines.length, 4)
  for (const line of lines) t.notMatch(line, SECRET)
  t.match(JSON.parse(lines[1] ?? ''), { err: { type: 'Error', message: /failed/, stack: String } })
})

t.test('P10: a secret inside of a text is known by its shape', async t => {
  const key = `ln_${'a1'.repeat(18)}`
  const texts = [
    `connect to postgresql://lectern:${SECRET.replaceAll(' ', '-')}@db:5432/lectern failed`,
    `redis+cluster://:${SECRET.replaceAll(' ', '-')}@10.0.0.1:7001,10.0.0.2:7001 is away`,
    `nats://quota:p@ss${SECRET.replaceAll(' ', '-')}@127.0.0.1:4222`,
    `Authorization: Bearer ${key}, and ${key} itself`,
    'the key sk-proj-0123456789abcdefghij was refused',
  ]
  for (const text of texts) {
    log.info(text)
    log.info({ reason: text })
    log.error({ err: new Error(text, { cause: new Error(text) }) }, 'x')
  }
  for (const line of lines) {
    t.notMatch(line, /nobody-may-read|a1a1a1|0123456789abc/)
    t.ok(JSON.parse(line), 'and the line is still JSON')
  }
  t.match(lines[0], /postgresql:\/\/lectern:\[redacted\]@db:5432/, 'where it went can be read')
})

t.test('P10: a parser does not quote what it could not parse', async t => {
  for (const body of [SECRET, `{"text": ${SECRET}}`, `"${SECRET}" "again"`, `[1,2,3,"${SECRET}",]`]) {
    try {
      JSON.parse(body)
    } catch (error) {
      log.error({ err: error }, 'unreadable')
      t.notMatch(lines.at(-1), /nobody/, String(error))
      t.match(last(), { err: { type: 'SyntaxError' }, msg: 'unreadable' })
    }
  }
})

t.test('counts, ids and codes stay, whatever their names', async t => {
  log.info({
    messages: 3,
    tokens: 12,
    tokensHeld: 7,
    code: 'ECONNRESET',
    at: new Date(0),
    big: 12n,
    no: null,
    off: false,
  })
  t.match(last(), {
    ...{ messages: 3, tokens: 12, tokensHeld: 7, code: 'ECONNRESET', at: '1970-01-01T00:00:00.000Z' },
    ...{ big: '12', no: null, off: false },
  })
})
