import t from 'tap'
import { MODEL, startCampus, until } from './campus.ts'

/** POST /v1/embeddings: the same journey as a chat's, paid from the same week. */

const EMBEDDING = 'lectern-embedding'
const campus = await startCampus(t, {
  providers: demo => ({
    providers: [
      {
        name: 'demo',
        kind: 'openai',
        baseUrl: demo,
        models: [
          { name: MODEL, model: 'demo-small' },
          { name: EMBEDDING, model: 'demo-embedding', operation: 'embeddings' },
          { name: 'exact', model: 'demo-embedding', operation: 'embeddings', tokenizer: 'cl100k' },
        ],
      },
    ],
  }),
})
const { client, provider, staff, asked } = campus
const lastRecord = async () => (await campus.records()).at(-1)?.record
const lastSent = () => provider.requests.at(-1)

function post(body: object): Promise<Response> {
  return fetch(`${campus.url}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${campus.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: EMBEDDING, ...body }),
  })
}

t.test('the official client gets vectors, in base64 as it asks by itself and as floats', async t => {
  const input = ['a stack is not a queue', 'the French revolution']
  const { data, usage } = await client.embeddings.create({ model: EMBEDDING, input })
  t.match(lastSent(), {
    path: '/v1/embeddings',
    body: { encoding_format: 'base64', model: 'demo-embedding', input },
  })
  t.same(usage, { prompt_tokens: 9, total_tokens: 9 })
  const floats = await client.embeddings.create({
    model: EMBEDDING,
    input,
    encoding_format: 'float',
    dimensions: 8,
  })
  t.equal(floats.data[1]?.embedding.length, 8)
  t.equal(data.length, 2)
  t.equal(data[0]?.embedding.length, 64)
  t.notSame(data[0]?.embedding, data[1]?.embedding)
  const one = await client.embeddings.create({ model: EMBEDDING, input: input[0] ?? '' })
  t.same(one.data[0]?.embedding, data[0]?.embedding)
})

t.test(
  'P1, P3: the prompt is held and charged, nothing else; the record has texts and no vectors',
  async t => {
    const answer = await post({ input: ['one two three', 'four'], user: 'ada@example.org' })
    t.equal(answer.status, 200)
    await answer.text()
    const held = asked.reserve.at(-1)
    t.match(held, { maxOutputTokens: 0, choices: 1, model: EMBEDDING })
    t.ok((held?.inputTokens ?? 0) >= 'one two threefour'.length)
    t.match(await lastRecord(), {
      endpoint: '/v1/embeddings',
      stream: false,
      model: EMBEDDING,
      providerModel: 'demo-embedding',
      messages: [
        { role: 'user', content: 'one two three' },
        { role: 'user', content: 'four' },
      ],
      answers: [],
      usage: { inputTokens: 4, outputTokens: 0, source: 'provider' },
      chargeTokens: 4,
      outcome: 'completed',
      promptVersion: null,
    })
    const sent = lastSent()?.body as Record<string, unknown>
    t.same(Object.keys(sent).sort(), ['input', 'model', 'user'])
    t.match(sent.user, /^[0-9a-f]{32}$/)
    t.notMatch(JSON.stringify(sent), 'Be kind', 'the staff’s prompt instructs nobody here')
  },
)

t.test('P1: token ids are held as so many tokens, and charged', async t => {
  await (await post({ input: 'x' })).text()
  const forOneLetter = asked.reserve.at(-1)?.inputTokens ?? 0
  const ids = Array.from({ length: 500 }, (_, id) => id)
  t.equal((await post({ input: ids })).status, 200)
  const forIds = (asked.reserve.at(-1)?.inputTokens ?? 0) - forOneLetter
  // The role's name is part of both.
  t.equal(forIds, 499)
  const last = await until(async () => {
    const record = await lastRecord()
    return record?.usage.inputTokens === 500 && record
  })
  t.match(last, { chargeTokens: 500, messages: [{ content: [{ type: 'token_ids', token_ids: ids }] }] })
  t.equal((await post({ input: [ids, [1, 2]] })).status, 200)
  t.match(await lastRecord(), { chargeTokens: 502 })
})

t.test('P1: what only looks like token ids is counted as the JSON that it is', async t => {
  const token_ids = Array.from({ length: 500 }, (_, id) => id)
  const messages = [{ role: 'user', content: [{ type: 'token_ids', token_ids, text: 'y'.repeat(9000) }] }]
  await client.chat.completions.create({ model: MODEL, messages: messages as never })
  t.ok((asked.reserve.at(-1)?.inputTokens ?? 0) > 9500)
})

t.test('without a report, the tokens are counted: texts and ids, never above the hold', async t => {
  await (await post({ input: ['[[demo: usage=none]]', 'some words to be counted'] })).text()
  const texts = await lastRecord()
  t.equal(texts?.usage.source, 'estimate')
  t.equal(texts?.usage.outputTokens, 0)
  t.ok(
    (texts?.chargeTokens ?? 0) >= 10 &&
      (texts?.chargeTokens ?? 0) <= (asked.reserve.at(-1)?.inputTokens ?? 0),
  )
  provider.control.direct({ usage: 'none' }, 1)
  await (await post({ input: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]] })).text()
  const { inputTokens = 0, source } = (await lastRecord())?.usage ?? {}
  t.equal(source, 'estimate')
  t.ok(inputTokens >= 10 && inputTokens <= 20, `${inputTokens}`)
})

t.test('P1: a budget that does not cover the texts is a refusal, and nothing is sent', async t => {
  t.teardown(() => {
    staff.left = null
  })
  const count = provider.requests.length
  staff.left = 100
  await t.rejects(client.embeddings.create({ model: EMBEDDING, input: 'word '.repeat(300) }), {
    status: 429,
    code: 'insufficient_quota',
  })
  staff.left = 0
  await t.rejects(client.embeddings.create({ model: EMBEDDING, input: 'x' }), { code: 'insufficient_quota' })
  t.equal(provider.requests.length, count)
  // By bytes it would not fit; by a vocabulary of ours it does.
  staff.left = 400
  const { usage } = await client.embeddings.create({ model: 'exact', input: 'word '.repeat(300) })
  t.equal(usage.prompt_tokens, 301)
})

t.test('P6: a block rule refuses, whichever of the texts it finds; guides do not apply', async t => {
  const rule = (id: string, kind: 'block' | 'guide', pattern: string) => ({
    id,
    kind,
    pattern,
    message: `Because ${id}.`,
  })
  const { policy } = staff
  staff.policy = {
    ...policy,
    rules: [rule('exam', 'block', '\\bexam\\b'), rule('kind', 'guide', 'recursion')],
  }
  t.teardown(async () => {
    staff.policy = policy
    await campus.changePrompts()
  })
  await campus.changePrompts()
  const refused = () => client.embeddings.create({ model: EMBEDDING, input: ['the exam', 'something else'] })
  await until(() =>
    refused().then(
      () => false,
      () => true,
    ),
  )
  const count = provider.requests.length
  await t.rejects(refused(), { status: 403, code: 'blocked_by_rule', message: /Because exam\./ })
  t.equal(provider.requests.length, count)
  t.match(await lastRecord(), {
    outcome: 'blocked',
    errorCode: 'blocked_by_rule',
    chargeTokens: 0,
    usage: { source: 'none' },
    ruleHits: [{ id: 'exam', kind: 'block' }],
    messages: [{ content: 'the exam' }, { content: 'something else' }],
  })
  const ids = await post({ input: [[1, 2, 3]] })
  t.match(
    await ids.json(),
    { error: { code: 'invalid_request', message: /send texts/ } },
    'a rule cannot read ids',
  )
  t.equal(provider.requests.length, count)
  await client.embeddings.create({ model: EMBEDDING, input: 'recursion' })
  t.match(await lastRecord(), { outcome: 'completed', ruleHits: { length: 0 } })
})

t.test('each model is asked for what it does', async t => {
  await t.rejects(client.embeddings.create({ model: MODEL, input: 'x' }), {
    status: 404,
    code: 'model_not_found',
    message: new RegExp(`${MODEL}" makes no embeddings.*${EMBEDDING}, exact`),
  })
  const messages = [{ role: 'user' as const, content: 'hi' }]
  await t.rejects(client.chat.completions.create({ model: EMBEDDING, messages }), {
    status: 404,
    message: new RegExp(`does not chat. Available are: ${MODEL}\\.`),
  })
  t.same(
    (await client.models.list()).data.map(({ id }) => id),
    [MODEL, EMBEDDING, 'exact'],
  )
})

t.test('what cannot be understood is refused with the name of the field', async t => {
  const count = asked.reserve.length
  for (const [body, param] of [
    [{}, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['a', 3] }, 'input[1]'],
    [{ input: [1, -2] }, 'input[0]'],
    [{ input: [[1], 'a', {}] }, 'input[2]'],
    [{ input: new Array(2049).fill('a') }, 'input'],
    [{ input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    [{ input: 'a', messages: [{ role: 'user', content: 'uncounted' }] }, 'messages'],
  ] as const) {
    const answer = await post(body)
    t.equal(answer.status, 400, JSON.stringify(body).slice(0, 80))
    t.match(await answer.json(), { error: { code: 'invalid_request', param } })
  }
  t.equal(asked.reserve.length, count)
})

t.test('a provider that fails or answers nonsense costs nothing', async t => {
  for (const [directive, code] of [
    ['status=500', 'provider_error'],
    ['error=stream', 'provider_error'],
    ['cut=1', 'provider_error'],
    ['status=400', 'provider_rejected'],
  ]) {
    const answer = await post({ input: `[[demo: ${directive}]]` })
    t.match(await answer.json(), { error: { code } }, `${directive}`)
    t.match(await lastRecord(), { outcome: 'upstream_failed', chargeTokens: 0 })
  }
})

t.test('P5: who leaves pays for the texts, and the provider is stopped', async t => {
  const leaving = new AbortController()
  const gone = fetch(`${campus.url}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${campus.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: EMBEDDING, input: 'some words [[demo: hold=leaving]]' }),
    signal: leaving.signal,
  })
  await until(() => provider.control.held('leaving') === 1)
  leaving.abort()
  await t.rejects(gone)
  const record = await until(async () => {
    const last = await lastRecord()
    return last?.outcome === 'client_gone' && last
  })
  t.ok(record.chargeTokens > 0)
  await until(() => lastSent()?.aborted)
})
