import { directiveInJson } from '@lectern/demo-provider/directive.ts'
import { startOps } from '@lectern/shared/ops.ts'
import t from 'tap'
import { MODEL, startCampus, until } from './campus.ts'
import { postChat } from './http.ts'

const campus = await startCampus(t, {
  env: { POLICY_TTL_MS: '60000', RECORD_ACK_TIMEOUT_MS: '200' },
  providers: baseUrl => ({
    providers: [
      { name: 'first', kind: 'openai', baseUrl, models: [{ name: MODEL, model: 'demo-small' }] },
      { name: 'second', kind: 'openai', baseUrl, models: [{ name: MODEL, model: 'demo-small', weight: 0 }] },
    ],
  }),
})
const { provider, staff } = campus
const ops = await startOps({ host: '127.0.0.1', port: 0, checks: {} })
t.teardown(() => ops.close())

/** Every number of ours by its name and labels; times only by how many there were. */
async function scrape(): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${ops.port}/metrics`)).text()
  return new Map(
    text
      .split('\n')
      .filter(line => /^lectern_/.test(line) && !/_(bucket|sum)[{ ]/.test(line))
      .map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

const countOfRequests = (numbers: Map<string, number>) =>
  [...numbers].reduce((sum, [name, value]) => (name.startsWith('lectern_http_') ? sum + value : sum), 0)

/** What has changed when the one request that `work` sends is over. */
async function changes(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await scrape()
  await work()
  const after = await until(async () => {
    const now = await scrape()
    const isOver = countOfRequests(now) > countOfRequests(before) && now.get('lectern_open_requests') === 0
    return isOver ? now : null
  })
  return Object.fromEntries(
    [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)]).filter(([, by]) => by !== 0),
  )
}

const ask = async (text: string, more: object = {}) => (await postChat(campus, text, more)).text()
const requests = (status: number) =>
  `lectern_http_request_seconds_count{route="/v1/chat/completions",method="POST",status="${status}"}`
const admissions = (decision: string) => `lectern_admissions_total{decision="${decision}"}`
const completions = (outcome: string) => `lectern_completions_total{outcome="${outcome}",model="${MODEL}"}`
const attempts = (name: string, outcome: string) =>
  `lectern_upstream_attempts_total{provider="${name}",model="${MODEL}",outcome="${outcome}"}`
const lookups = (result: string) => `lectern_prompt_lookups_total{result="${result}"}`
const firstByte = (name: string) =>
  `lectern_upstream_first_byte_seconds_count{provider="${name}",model="${MODEL}"}`
const FIRST_TOKEN = `lectern_first_token_seconds_count{model="${MODEL}"}`

/** Only what the gateway says, not the bus that it shares a process with here. */
const ofGateway = (found: Record<string, number>) =>
  Object.fromEntries(Object.entries(found).filter(([name]) => !name.startsWith('lectern_bus_')))

t.test('an answered request', async t => {
  t.same(ofGateway(await changes(() => ask('hi'))), {
    [requests(200)]: 1,
    [admissions('admitted')]: 1,
    [completions('completed')]: 1,
    [attempts('first', 'answered')]: 1,
    [firstByte('first')]: 1,
    [FIRST_TOKEN]: 1,
    [lookups('miss')]: 1,
  })
})

t.test('a failover: two attempts, one completion', async t => {
  provider.control.direct(directiveInJson({ status: 500 }), 1)
  t.same(ofGateway(await changes(() => ask('hi', { stream: false }))), {
    [requests(200)]: 1,
    [admissions('admitted')]: 1,
    [completions('completed')]: 1,
    [attempts('first', 'refused')]: 1,
    [attempts('second', 'answered')]: 1,
    [firstByte('second')]: 1,
    [FIRST_TOKEN]: 1,
    [lookups('hit')]: 1,
  })
})

t.test('P10: refusals by their codes; what people write is no label', async t => {
  const nothing = { retryAfterMs: null, remaining: null, resetsAtMs: null, rateLimits: null }
  staff.deny = { granted: false, reason: 'insufficient_quota', ...nothing }
  t.same(ofGateway(await changes(() => ask('hi'))), {
    [requests(429)]: 1,
    [admissions('insufficient_quota')]: 1,
    [lookups('hit')]: 1,
  })
  staff.deny = null
  t.same(ofGateway(await changes(() => ask('hi', { model: 'quetzalcoatl' }))), {
    [requests(404)]: 1,
    [admissions('model_not_found')]: 1,
  })
  t.same(ofGateway(await changes(() => ask('hi', { messages: 'none' }))), {
    [requests(400)]: 1,
    [admissions('invalid_request')]: 1,
  })
  const stranger = () => postChat({ ...campus, key: 'quetzalcoatl' }, 'hi').then(answer => answer.text())
  t.same(ofGateway(await changes(stranger)), { [requests(401)]: 1, [admissions('invalid_api_key')]: 1 })
  t.notMatch([...(await scrape()).keys()].join(), 'quetzalcoatl')
})

t.test('an error of another route is no refused admission', async t => {
  const found = await changes(() => fetch(`${campus.url}/v1/models`).then(answer => answer.text()))
  t.same(ofGateway(found), {
    'lectern_http_request_seconds_count{route="/v1/models",method="GET",status="401"}': 1,
  })
})

t.test('P5: a client that left, and requests that are open', async t => {
  const leaving = new AbortController()
  const found = await changes(async () => {
    const answer = await postChat(campus, '[[demo: gap=20 tokens=500]]', {}, { signal: leaving.signal })
    await answer.body?.getReader().read()
    t.equal((await scrape()).get('lectern_open_requests'), 1)
    leaving.abort()
  })
  t.same(ofGateway(found), {
    [requests(200)]: 1,
    [admissions('admitted')]: 1,
    [completions('client_gone')]: 1,
    [attempts('first', 'aborted')]: 1,
    [firstByte('first')]: 1,
    [FIRST_TOKEN]: 1,
    [lookups('hit')]: 1,
  })
})

t.test('P11: a blocked request, with a prompt that could not be asked for anew', async t => {
  // As good as never fresh.
  const hasty = await campus.anotherGateway({ POLICY_TTL_MS: '1' })
  t.teardown(() => hasty.stop())
  const askIt = () => postChat({ ...campus, url: hasty.url }, 'the exam').then(answer => answer.text())
  staff.policy = { prompt: null, rules: [{ id: 'r1', kind: 'block', pattern: 'exam', message: 'Not now.' }] }
  const once = { [requests(200)]: 1, [admissions('admitted')]: 1, [completions('blocked')]: 1 }
  t.same(ofGateway(await changes(askIt)), { ...once, [lookups('miss')]: 1 })
  staff.beforeResolve = () => Promise.reject(new Error('away'))
  t.same(ofGateway(await changes(askIt)), { ...once, [lookups('stale')]: 1 })
  staff.beforeResolve = async () => {}
  await hasty.stop()
})

t.test('P3: records that went to disk, and what waits there', async t => {
  t.equal((await scrape()).get('lectern_spool_bytes'), 0)
  const found = await changes(async () => {
    const answer = await postChat(campus, '[[demo: gap=20 tokens=10]]')
    await campus.nats.stop()
    await answer.text()
  })
  t.match(found, { lectern_spooled_records_total: 1, [completions('completed')]: 1 })
  t.ok(Number(found.lectern_spool_bytes) > 500)
  t.equal((await scrape()).get('lectern_unstored_records_total'), 0)
  await campus.nats.start()
  await until(async () => (await scrape()).get('lectern_spool_bytes') === 0)
})
