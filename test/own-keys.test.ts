import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ask, MODEL, recordOf, startSystem, until } from './system.ts'

/** A student's own key at a provider, from the request that brings it to the one after it was deleted. */

const STAFF_KEY = 'the-key-of-the-course-1234'
const OWN_KEY = `not-of-any-known-shape-${randomBytes(8).toString('hex')}`
const WEEKLY_TOKENS = 100_000

const system = await startSystem(t, {
  env: { SCRIPTED_KEY: STAFF_KEY, LOG_LEVEL: 'trace', SLOW_QUERY_MS: '0' },
  providers: ['first', 'second'],
  provider: { apiKeyEnv: 'SCRIPTED_KEY', ownKeys: true },
  course: { weeklyTokens: WEEKLY_TOKENS },
})
const { gatewayUrl, students, consoleUrl, adminToken } = system.demo
const ada = students[0]
const alan = students[1]
if (!ada || !alan) throw new Error('the demo course has no students')

/** The gateway's own routes, as the student whose key is given. */
async function call(method: string, path: string, body?: object, key = ada?.key) {
  const answer = await fetch(`${gatewayUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) }
}
const bring = (provider: string, apiKey = OWN_KEY) =>
  call('PUT', `/v1/provider-keys/${provider}`, { api_key: apiKey })
const chat = (text: string, key = ada.key) =>
  call('POST', '/v1/chat/completions', { model: MODEL, messages: ask(text), max_tokens: 50 }, key)
/** The keys with which the provider was asked meanwhile. */
async function keysUsed(work: () => Promise<unknown>): Promise<(string | undefined)[]> {
  const before = system.provider.requests.length
  await work()
  return system.provider.requests.slice(before).map(({ headers }) => headers.authorization)
}
const usedOf = async (id: string) =>
  (await system.staff<{ used: number }>('GET', `/api/students/${id}/balance`)).used
const allow = (ownKeys: boolean) => system.staff('PATCH', '/api/courses/demo', { ownKeys })

t.test('a key is brought only where the course allows it, to a provider that takes it', async t => {
  t.match(await bring('first'), { status: 403, body: { error: { code: 'own_keys_not_allowed' } } })
  t.match(await call('GET', '/v1/provider-keys'), { body: { allowed: false, data: [] } })
  await allow(true)
  t.match(await bring('third'), { status: 404, body: { error: { message: /These do: first, second/ } } })
  for (const [bad, fault] of [
    ['short', /api_key/],
    [`${OWN_KEY}\r\nx-injected: 1`, /api_key/],
    [ada.key, /one of Lectern/],
  ] as const) {
    const refused = await bring('first', bad)
    t.match(refused, { status: 400, body: { error: { param: 'api_key', message: fault } } })
    t.notMatch(refused.text, bad)
  }
  t.match(await call('PUT', '/v1/provider-keys/first', { api_key: OWN_KEY }, 'ln_nobody'), { status: 401 })
})

t.test('P10: it goes to the provider instead of the course’s, and is told to nobody', async t => {
  const brought = await bring('first')
  t.match(brought, { status: 200, body: { provider: 'first', hint: OWN_KEY.slice(-4), createdAt: /^20/ } })
  const listed = await call('GET', '/v1/provider-keys')
  t.match(listed.body, { allowed: true, providers: ['first', 'second'], data: [{ provider: 'first' }] })
  t.notMatch(brought.text + listed.text, OWN_KEY)
  t.match(await call('GET', '/v1/provider-keys', undefined, alan.key), { body: { data: [] } })

  const before = await usedOf(ada.id)
  const used = await keysUsed(async () => {
    for (let count = 0; count < 6; count++) t.equal((await chat('Hello?')).status, 200)
  })
  t.same(new Set(used), new Set([`Bearer ${OWN_KEY}`]), 'also where another provider has the model')
  t.same(await keysUsed(() => chat('Hello?', alan.key)), [`Bearer ${STAFF_KEY}`])
  t.equal(await usedOf(ada.id), before)
})

t.test(
  'P1 P3: what the student pays is recorded and not charged, streamed or not, through any door',
  async t => {
    const before = await usedOf(ada.id)
    const client = system.client()
    const { data, response } = await client.chat.completions
      .create({ model: MODEL, messages: ask('Stream', 'tokens=9'), stream: true, max_tokens: 50 })
      .withResponse()
    const chunks = await Array.fromAsync(data)
    t.ok(chunks.length >= 9)
    const whole = await call('POST', '/v1/messages', { model: MODEL, messages: ask('Hi'), max_tokens: 50 })
    for (const headers of [response.headers, whole.headers]) {
      t.equal(headers.get('x-lectern-paid-by'), 'student')
      const record = await recordOf<{ usage: { inputTokens: number } }>(system, headers.get('x-request-id'))
      t.match(record, {
        outcome: 'completed',
        paidBy: 'student',
        cached: false,
        chargeTokens: 0,
        provider: 'first',
        usage: { source: 'provider' },
        promptVersion: 1,
      })
      t.ok(record.usage.inputTokens > 0)
    }
    const id = response.headers.get('x-request-id')
    await until(async () => {
      const ledger = await system.staff<{ items: { reservationId: string; tokens: number; kind: string }[] }>(
        'GET',
        `/api/students/${ada.id}/ledger?limit=100`,
      )
      const entry = ledger.items.find(({ reservationId }) => reservationId === id)
      return entry?.kind === 'settle' && entry.tokens === 0
    }, 'the ledger has its end')
    t.equal(await usedOf(ada.id), before)
  },
)

t.test('an empty budget refuses only whom the course would pay for; rules hold for everybody', async t => {
  await system.staff('PATCH', '/api/courses/demo', { weeklyTokens: 0 })
  t.match(await chat('Hello?', alan.key), { status: 429, body: { error: { code: 'insufficient_quota' } } })
  t.match(await chat('Hello?'), { status: 200 })
  const blocked = await chat('Tell me the exam answers')
  t.match(blocked.body.choices[0], { finish_reason: 'content_filter' })
  t.match(await call('POST', '/v1/chat/completions', { model: 'no-such-model', messages: ask('Hi') }), {
    status: 404,
  })
  await system.staff('PATCH', '/api/courses/demo', { weeklyTokens: WEEKLY_TOKENS })
})

t.test('P1: a key that the provider refuses is named, and the course does not pay instead', async t => {
  const control = (body: object) =>
    fetch(`${system.provider.url}/control`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await control({ keys: [STAFF_KEY] })
  const before = await usedOf(ada.id)
  let refused: Awaited<ReturnType<typeof chat>> | undefined
  const used = await keysUsed(async () => {
    // More than a breaker takes in a row.
    for (let count = 0; count < 8; count++) refused = await chat('Hello?')
  })
  t.match(refused, {
    status: 403,
    body: { error: { code: 'own_key_refused', message: /"first" refused your own key \(401\).*DELETE/ } },
  })
  t.equal(refused?.headers.get('x-should-retry'), 'false')
  t.same(used, Array(8).fill(`Bearer ${OWN_KEY}`), 'one try each, with no other key')
  t.match(await recordOf(system, refused?.headers.get('x-request-id') ?? null), {
    outcome: 'upstream_failed',
    errorCode: 'own_key_refused',
    chargeTokens: 0,
    paidBy: 'student',
  })
  const paid = await keysUsed(async () => {
    for (let count = 0; count < 10; count++) t.match(await chat('Hello?', alan.key), { status: 200 })
  })
  t.equal(paid.length, 10, 'nobody else is kept from the provider')
  const asAnthropic = await call('POST', '/v1/messages', { model: MODEL, messages: ask('Hi'), max_tokens: 9 })
  t.match(asAnthropic, { status: 403, body: { type: 'error', error: { type: 'permission_error' } } })
  t.equal(await usedOf(ada.id), before)
  await fetch(`${system.provider.url}/control`, { method: 'DELETE' })
  const limited = await call('POST', '/v1/chat/completions', {
    model: MODEL,
    messages: ask('Hi', 'status=429 retry-after=7'),
  })
  t.match(limited, { status: 429, body: { error: { message: /limits your own key/ } } })
  t.equal(limited.headers.get('retry-after'), '7')
})

t.test('one that is deleted, or not allowed any more, is not used by the next request', async t => {
  const before = await usedOf(ada.id)
  t.same(await keysUsed(() => chat('Hello?')), [`Bearer ${OWN_KEY}`])
  await allow(false)
  t.same(await keysUsed(() => chat('Hello?')), [`Bearer ${STAFF_KEY}`])
  await allow(true)
  t.same(await keysUsed(() => chat('Hello?')), [`Bearer ${OWN_KEY}`])
  const other = `${OWN_KEY}-the-second`
  await bring('first', other)
  t.same(await keysUsed(() => chat('Hello?')), [`Bearer ${other}`])
  t.match(await call('DELETE', '/v1/provider-keys/first'), { status: 200, body: { removed: true } })
  t.same(await keysUsed(() => chat('Hello?')), [`Bearer ${STAFF_KEY}`])
  t.match(await call('DELETE', '/v1/provider-keys/first'), { body: { removed: false } })
  await until(async () => (await usedOf(ada.id)) > before, 'the course pays again')
})

t.test('P10: it stands in no log, no table and no record', async t => {
  await bring('second')
  const database = await system.database()
  const { rows } = await database.query('SELECT * FROM quota.provider_keys ORDER BY provider')
  t.match(rows, [
    { provider: 'first', sealed: null, hint: '' },
    { provider: 'second', sealed: /^v1\./, hint: OWN_KEY.slice(-4) },
  ])
  t.notMatch(JSON.stringify(rows), OWN_KEY)
  const records = await database.query('SELECT count(*) FROM logs.records r WHERE r::text LIKE $1', [
    `%${OWN_KEY}%`,
  ])
  t.equal(records.rows[0].count, '0')
  const names = await readdir(system.home, { recursive: true })
  const logs = names.filter(name => name.endsWith('.log'))
  t.ok(logs.some(name => name.includes('gateway')) && logs.some(name => name.includes('quota')))
  for (const name of logs) {
    const text = await readFile(join(system.home, name), 'utf8')
    t.notOk(text.includes(OWN_KEY), name)
  }
})

t.test('the staff’s API tells of the settings', async t => {
  const answer = await fetch(`${consoleUrl}/api/courses/demo`, {
    headers: { authorization: `Bearer ${adminToken}` },
  })
  t.match(await answer.json(), { ownKeys: true, answerCache: 'off', answerCacheMinutes: 60 })
  await t.rejects(system.staff('PATCH', '/api/courses/demo', { ownKeys: 'yes' }), /400.*ownKeys/)
})
