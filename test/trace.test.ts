import { createHash } from 'node:crypto'
import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import t from 'tap'
import { ask, MODEL } from './system.ts'
import { ATTEMPT, isOwn, KEPT, outline, RESERVED, startTraced } from './traced.ts'

// Everything is done first; then the services stop, by which they send what they still have, and the traces are read.

const THEIRS = { traceId: '5'.repeat(32), spanId: '6'.repeat(16) }
const QUESTION = 'zanzibar quagga ocelot'
const PROMPT = 'Only hints about xylophones and wombats.'

// Long enough for the slowest machine: the gateway must still know the prompt when it is asked again.
const system = await startTraced(t, { env: { POLICY_TTL_MS: '60000' } })
await system.staff('POST', '/api/courses/demo/prompts', { fromWeek: 1, toWeek: 1, text: PROMPT })

const one = (id: string, name: string) => system.spansOf(id, name)[0]
const facts = (id: string, name: string) => one(id, name)?.attributes

async function chat(headers: Record<string, string> = {}) {
  const messages = ask(QUESTION, 'tokens=40')
  const { data, response } = await system
    .client()
    .chat.completions.create({ model: MODEL, messages, stream: true }, { headers })
    .withResponse()
  let answer = ''
  for await (const chunk of data) answer += chunk.choices[0]?.delta.content ?? ''
  const id = response.headers.get('x-request-id') ?? ''
  await system.untilKept(id)
  return { id, answer, upstream: system.provider.requests.at(-1) }
}
const cold = await chat({ traceparent: `00-${THEIRS.traceId}-${THEIRS.spanId}-01`, baggage: 'secret=walrus' })
// A change is broadcast twice, 0.3 s apart, and each time the gateway forgets what it has just been told.
const isHit = (id: string) => facts(id, 'prompt lookup')?.[ATTRIBUTE.promptLookup] === 'hit'
let warm = await chat()
for (let tries = 1; tries < 5 && !isHit(warm.id); tries++) warm = await chat()
const { usage, chargeTokens } = await system.staff<{
  usage: { inputTokens: number; outputTokens: number }
  chargeTokens: number
}>('GET', `/api/conversations/${warm.id}`)
await system.stop()

t.test('P9: one request, one trace, when the gateway knows key and prompt', async t => {
  t.same(outline(system.treesOf(warm.id)), [...RESERVED, ...ATTEMPT, ...KEPT])
})

t.test('P9: the same when it has to ask for both, and quota has to load what it needs', async t => {
  const expected = [
    'gateway server POST /v1/chat/completions',
    '  gateway client request quota.authenticate',
    '    quota server handle quota.authenticate',
    '      quota client redis open-1.lua',
    '      quota client pg',
    '      quota client redis put-course-1.lua',
    '      quota client redis put-key-1.lua',
    '      quota client redis open-1.lua',
    '  gateway internal prompt lookup',
    '    gateway client request prompts.resolve',
    '      prompts server handle prompts.resolve',
    '        prompts client pg',
    '  gateway client request quota.reserve',
    '    quota server handle quota.reserve',
    '      quota client redis reserve-1.lua',
    '      quota client redis snapshot-1.lua',
    '      quota client pg',
    '      quota client redis sync-1.lua',
    '      quota client redis reserve-1.lua',
    ...ATTEMPT,
    ...KEPT,
  ]
  // In whatever order: steps take less than the millisecond in which spans begin, and a clock may be set back.
  t.same(outline(system.treesOf(cold.id)).sort(), expected.sort())
})

t.test('P9: each span says what is worth knowing', async t => {
  t.match(facts(warm.id, 'POST /v1/chat/completions'), {
    [ATTRIBUTE.httpMethod]: 'POST',
    [ATTRIBUTE.httpRoute]: '/v1/chat/completions',
    [ATTRIBUTE.httpStatus]: 200,
    [ATTRIBUTE.requestId]: warm.id,
    [ATTRIBUTE.course]: 'demo',
    [ATTRIBUTE.week]: 1,
    [ATTRIBUTE.model]: MODEL,
    [ATTRIBUTE.outcome]: 'completed',
    [ATTRIBUTE.chargeTokens]: chargeTokens,
    [ATTRIBUTE.firstTokenMs]: Number,
  })
  t.equal(facts(cold.id, 'prompt lookup')?.[ATTRIBUTE.promptLookup], 'miss')
  t.equal(facts(warm.id, 'prompt lookup')?.[ATTRIBUTE.promptLookup], 'hit')
  t.equal(facts(warm.id, 'request quota.reserve')?.[ATTRIBUTE.reply], 'granted')
  t.match(facts(warm.id, 'redis reserve-1.lua'), {
    [ATTRIBUTE.dbSystem]: 'redis',
    [ATTRIBUTE.dbOperation]: 'reserve-1.lua',
    [ATTRIBUTE.bucket]: /^[0-9a-f]{2}$/,
    [ATTRIBUTE.scriptReply]: String,
  })
  t.match(facts(warm.id, `chat ${MODEL}`), {
    [ATTRIBUTE.operation]: 'chat',
    [ATTRIBUTE.provider]: 'scripted',
    [ATTRIBUTE.model]: MODEL,
    [ATTRIBUTE.serverAddress]: '127.0.0.1',
    [ATTRIBUTE.serverPort]: system.provider.port,
    [ATTRIBUTE.attempt]: 1,
    [ATTRIBUTE.firstTokenMs]: Number,
    [ATTRIBUTE.inputTokens]: usage.inputTokens,
    [ATTRIBUTE.outputTokens]: usage.outputTokens,
    [ATTRIBUTE.finishReasons]: ['stop'],
  })
  for (const name of ['publish records.completed', 'receive quota-ledger', 'process logger-records']) {
    const messaging = {
      [ATTRIBUTE.messagingSystem]: 'nats',
      [ATTRIBUTE.messagingDestination]: 'records.completed',
    }
    t.match(facts(warm.id, name), messaging, name)
  }
  t.equal(facts(warm.id, 'publish records.completed')?.[ATTRIBUTE.spooled], false)
  t.equal(facts(warm.id, 'process quota-ledger')?.[ATTRIBUTE.batchMessages], 1)
  t.same(
    system.spans.filter(({ status }) => status === 'error'),
    [],
  )
})

t.test('P9: the provider is called in the same trace', async t => {
  const post = one(warm.id, 'POST')
  t.equal(warm.upstream?.headers.traceparent, `00-${post?.traceId}-${post?.spanId}-01`)
})

t.test("P9: a student's own trace is a link, and goes no further", async t => {
  const root = one(cold.id, 'POST /v1/chat/completions')
  t.same(root?.links, [THEIRS])
  t.equal(root?.parentId, null)
  t.not(root?.traceId, THEIRS.traceId)
  t.same(one(warm.id, 'POST /v1/chat/completions')?.links, [])
  t.same(
    system.spans.filter(({ traceId }) => traceId === THEIRS.traceId),
    [],
  )
  const sent = JSON.stringify(cold.upstream?.headers)
  t.notMatch(sent, THEIRS.traceId)
  t.notMatch(sent, 'walrus')
})

t.test('P9: a batch links to the message of each request that it took', async t => {
  for (const name of ['process quota-ledger', 'process logger-records']) {
    const { traceId, spanId } = one(warm.id, 'publish records.completed') ?? {}
    t.same(one(warm.id, name)?.links, [{ traceId, spanId }])
  }
})

t.test('P9: no span without its parent, and no trace that no request has caused', async t => {
  t.same(system.orphans(), [])
  const roots = system.spans.filter(({ parentId }) => parentId === null)
  const isExpected = (kind: string, name: string) =>
    (kind === 'server' && /^(GET|POST|PATCH|PUT|DELETE) \/(v1|api)\//.test(name)) ||
    (kind === 'consumer' && name.startsWith('process ')) ||
    name === 'self-check'
  t.same(
    roots
      .filter(({ kind, name }) => !isExpected(kind, name))
      .map(({ service, name }) => `${service} ${name}`),
    [],
  )
})

t.test('P9: nothing that was said, and nobody, is in a trace', async t => {
  const { key = '', name = '', id = '' } = system.demo.students[0] ?? {}
  const words = [QUESTION, PROMPT, warm.answer, name, key, id, system.demo.adminToken].flatMap(text => [
    text,
    // What only quotes a part of it quotes this.
    text.slice(0, 12),
    text.slice(-12),
  ])
  const hash = createHash('sha256').update(key)
  const secrets = [...words, hash.copy().digest('hex'), hash.digest('base64url'), 'walrus', 'example.edu']
  t.ok(warm.answer.length > 40)
  t.match(system.exported(), warm.id, 'there is something to look through')
  for (const secret of secrets) t.notOk(system.exported().includes(secret), secret)

  const allowed = new Set<string>(Object.values(ATTRIBUTE))
  const own = system.spans.filter(isOwn)
  const names = new Set(own.flatMap(({ attributes }) => Object.keys(attributes)))
  t.same(
    [...names].filter(name => !allowed.has(name)),
    [],
    'our spans say only what the table has',
  )
  t.same(
    own.flatMap(({ events }) => events),
    [],
    'nor do they quote an error',
  )
})
