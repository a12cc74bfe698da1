import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import { APIError } from 'openai'
import t from 'tap'
import { ask, MODEL, until } from './system.ts'
import { ATTEMPT, KEPT, outline, RESERVED, startTraced } from './traced.ts'

// As in trace.test.ts: everything is done first, then the services stop, and the traces are read.

const ADA = 0
const ALAN = 1
const QUESTION = 'zanzibar quagga ocelot'
const system = await startTraced(t, { providers: ['one', 'other'] })

async function begin(student: number, text: string, directive: string) {
  const { data, response } = await system
    .client(student)
    .chat.completions.create({ model: MODEL, messages: ask(text, directive), stream: true })
    .withResponse()
  return { stream: data, id: response.headers.get('x-request-id') ?? '' }
}
async function chat(student: number, directive: string): Promise<string> {
  const { stream, id } = await begin(student, QUESTION, directive)
  for await (const _ of stream);
  await system.untilKept(id)
  return id
}
async function leave(): Promise<string> {
  const { stream, id } = await begin(ADA, QUESTION, 'first=0 gap=20 tokens=900')
  let chunks = 0
  for await (const _ of stream) if (++chunks === 10) break
  await system.untilKept(id)
  return id
}
async function beRefused(): Promise<APIError> {
  const { id } = system.demo.students[ALAN] ?? {}
  await system.staff('POST', `/api/students/${id}/grants`, { week: 1, tokens: -100_000, reason: 'none left' })
  const refusal = await begin(ALAN, QUESTION, 'tokens=5').catch((error: APIError) => error)
  if (!(refusal instanceof APIError)) throw new Error('was not refused')
  return refusal
}
await chat(ADA, 'tokens=5')
await chat(ALAN, 'tokens=5')
const failedOver = await chat(ADA, 'tokens=5 status=503 id=failover times=1')
const left = await leave()
const refusal = await beRefused()
const refused = refusal.headers?.get('x-request-id') ?? ''
await until(async () => system.treesOf(refused).length > 0, 'the refusal is traced')
await system.stop()

const one = (id: string, name: string) => system.spansOf(id, name)[0]
const root = (id: string) => one(id, 'POST /v1/chat/completions')
t.test('P9: each try at a provider is a span of its own, the failed one with its reason', async t => {
  t.same(outline(system.treesOf(failedOver)), [...RESERVED, ...ATTEMPT, ...ATTEMPT, ...KEPT])
  const [first, second] = system.spansOf(failedOver, `chat ${MODEL}`)
  t.match(first, {
    status: 'error',
    attributes: { [ATTRIBUTE.attempt]: 1, [ATTRIBUTE.errorType]: /^[a-z_]+$/ },
  })
  t.match(second, { status: 'unset', attributes: { [ATTRIBUTE.attempt]: 2 } })
  t.equal(second?.attributes[ATTRIBUTE.errorType], undefined)
  const providers = [first, second].map(span => String(span?.attributes[ATTRIBUTE.provider]))
  t.same(providers.sort(), ['one', 'other'])
  t.same(
    system.spansOf(failedOver, 'POST').map(({ attributes }) => attributes[ATTRIBUTE.httpStatus]),
    [503, 200],
  )
  t.match(root(failedOver), { status: 'unset', attributes: { [ATTRIBUTE.outcome]: 'completed' } })
})

t.test('P9: only what has failed is an error, and no span lacks its parent', async t => {
  const failed = system.spans.filter(({ status }) => status === 'error')
  t.same(
    failed.map(({ name }) => name).sort(),
    ['POST', 'POST', `chat ${MODEL}`],
    'the try, and the two calls that broke',
  )
  t.same(system.orphans(), [])
})

t.test('P9: no failure quotes what was said', async t => {
  t.notOk(system.exported().includes(QUESTION))
  for (const { name, key } of system.demo.students) {
    t.notOk(system.exported().includes(name))
    t.notOk(system.exported().includes(key))
  }
  t.same(
    system.spans.flatMap(({ events }) => events),
    [],
  )
  // Nor does an instrumentation.
  t.notMatch(system.exported(), /"status":\{[^}]*"message"/)
})

t.test('P9: a client that leaves: every span ends, and nothing is an error', async t => {
  const counted = '  gateway internal count tokens'
  t.same(outline(system.treesOf(left)), [...RESERVED, ...ATTEMPT, counted, ...KEPT])
  t.match(root(left), {
    status: 'unset',
    attributes: { [ATTRIBUTE.outcome]: 'client_gone', [ATTRIBUTE.httpStatus]: 200 },
  })
  t.match(one(left, `chat ${MODEL}`), { status: 'unset', attributes: { [ATTRIBUTE.errorType]: 'aborted' } })
  t.ok(Number(root(left)?.attributes[ATTRIBUTE.chargeTokens]) > 0)
  // A span's clock is set to the millisecond when it begins.
  const lastUs = Number(root(left)?.endUs) + 1000
  t.ok(Number(one(left, `chat ${MODEL}`)?.endUs) <= lastUs, 'the request ends after its try')
  t.ok(Number(one(left, 'publish records.completed')?.endUs) <= lastUs, 'and after its record is kept')
})

t.test('P9: a refusal has its reason, is no error, and asks no provider', async t => {
  t.match(refusal, { status: 429, code: 'insufficient_quota' })
  t.same(outline(system.treesOf(refused)), RESERVED)
  t.match(root(refused), {
    status: 'unset',
    attributes: { [ATTRIBUTE.outcome]: 'insufficient_quota', [ATTRIBUTE.httpStatus]: 429 },
  })
  t.equal(one(refused, 'request quota.reserve')?.attributes[ATTRIBUTE.reply], 'insufficient_quota')
  t.equal(one(refused, 'request quota.reserve')?.status, 'unset')
})
