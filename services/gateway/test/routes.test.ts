import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import {
  ListProviderKeysCall,
  PutProviderKeyCall,
  RemoveProviderKeyCall,
} from '@lectern/shared/contracts/provider-keys.ts'
import { createLog } from '@lectern/shared/log.ts'
import { createResponder } from '@lectern/shared/nats/responder.ts'
import t, { type Test } from 'tap'
import { type AppParts, buildApp } from '../src/app.ts'
import { DOORS } from '../src/doors/doors.ts'
import { COURSE, MODEL, startCampus } from './campus.ts'

/**
 * No way to a provider around the budget: every route is a door, which is tried here, or one of those that reach no
 * provider. Who adds a route that does either adds it to one of these tables, or meets this test.
 */

/** Routes that ask our own services only, or nobody. */
const REACHING_NO_PROVIDER = [
  'POST /v1/messages/count_tokens',
  'GET /v1/models',
  'GET /v1/models/*',
  'GET /v1/quota',
  'GET /v1/provider-keys',
  'PUT /v1/provider-keys/:provider',
  'DELETE /v1/provider-keys/:provider',
  'GET /healthz',
  'GET /readyz',
  'GET /openapi.json',
]

const EMBEDDER = 'embedder'
const CAP = 33
const PROMPT = 'How long is a river?'

interface Trial {
  body: object
  /** Whose key it takes; default: a student's. */
  key?: string
  /** What an error has, in the shape of the door's clients. */
  refused: (code: string) => object
  streams: boolean
}

const openAiError = (code: string) => ({ error: { code, message: String, type: String } })
const messages = [{ role: 'user', content: PROMPT }]
const chat = { refused: openAiError, streams: true }

/** A provider of embeddings that remembers what it was asked. */
const embedded: unknown[] = []
const embedder = createServer(async (request, response) => {
  embedded.push(await json(request))
  const data = [{ object: 'embedding', index: 0, embedding: [0.5] }]
  response.setHeader('content-type', 'application/json')
  response.end(
    JSON.stringify({ object: 'list', model: 'e', data, usage: { prompt_tokens: 6, total_tokens: 6 } }),
  )
}).listen(0, '127.0.0.1')
await once(embedder, 'listening')
t.teardown(() => void embedder.close())
const embedderUrl = `http://127.0.0.1:${(embedder.address() as AddressInfo).port}/v1`

const campus = await startCampus(t, {
  env: { OWN_KEYS_SECRET: 'ab'.repeat(32) },
  providers: demo => ({
    providers: [
      {
        ...{ name: 'demo', kind: 'openai', baseUrl: demo, ownKeys: true },
        models: [{ name: MODEL, model: 'demo-small' }],
      },
      {
        name: 'embedder',
        kind: 'openai',
        baseUrl: embedderUrl,
        models: [{ name: EMBEDDER, operation: 'embeddings' }],
      },
    ],
  }),
})
const { asked, staff, provider } = campus

/** A request to each door. */
const TRIALS: Record<string, Trial> = {
  '/v1/chat/completions': { ...chat, body: { model: MODEL, messages, max_tokens: CAP } },
  '/v1/responses': { ...chat, body: { model: MODEL, input: PROMPT, max_output_tokens: CAP } },
  '/v1/completions': { ...chat, body: { model: MODEL, prompt: PROMPT, max_tokens: CAP } },
  '/v1/messages': {
    body: { model: MODEL, messages, max_tokens: CAP },
    refused: code => ({
      type: 'error',
      error: { code, message: String, type: /_error$/ },
      request_id: String,
    }),
    streams: true,
  },
  '/v1/trials/chat/completions': {
    ...chat,
    key: campus.trialKey,
    body: { model: MODEL, messages, max_tokens: CAP, draft: { week: 1, text: 'Be kind.' } },
  },
  '/v1/embeddings': { body: { model: EMBEDDER, input: PROMPT }, refused: openAiError, streams: false },
}

const responder = createResponder(campus.bus, { queue: 'keys', log: createLog('keys', 'silent') })
responder.on(ListProviderKeysCall, async () => ({ known: true, allowed: true, items: [] }))
responder.on(RemoveProviderKeyCall, async () => ({ known: true, removed: true }))
responder.on(PutProviderKeyCall, async ({ provider, hint }) => ({
  known: true as const,
  allowed: true as const,
  key: { provider, hint, createdAt: new Date().toISOString() },
}))
const reached = () => provider.requests.length + embedded.length

async function post(
  endpoint: string,
  body: object,
  key: string | null,
): Promise<{ status: number; text: string }> {
  const response = await fetch(campus.url + endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

/** All routes of the app, from the router itself. */
async function routesOf(): Promise<string[]> {
  const { env } = campus
  const config = {
    MAX_BODY_BYTES: 1,
    TRUSTED_PROXIES: '',
    MAX_OPEN_REQUESTS: 1,
    MAX_EVENT_LOOP_DELAY_MS: 1,
    ...env,
  }
  const parts = { config, log: createLog('routes', 'silent'), admission: {} }
  const app = await buildApp(parts as unknown as AppParts)
  await app.ready()
  const tree = app.printRoutes({ commonPrefix: false })
  await app.close()
  const above: string[] = []
  return tree.split('\n').flatMap(line => {
    const [, branches = '', path = '', methods = ''] = /^([│├└─\s]*)(\S+)(?: \((.+)\))?$/.exec(line) ?? []
    if (path === '') return []
    const depth = branches.length / 4
    const url = (depth > 1 ? (above[depth - 1] ?? '') : '') + (path === '*' ? '/*' : path)
    above[depth] = url
    return methods === '' ? [] : methods.split(', ').map(method => `${method} ${url}`)
  })
}

t.test('P1: each route is a door that is tried here, or reaches no provider', async t => {
  const doors = DOORS.map(({ endpoint }) => `POST ${endpoint}`)
  t.same((await routesOf()).sort(), [...doors, ...REACHING_NO_PROVIDER].sort())
  t.same(Object.keys(TRIALS).sort(), DOORS.map(({ endpoint }) => endpoint).sort())
})

t.test('P1: what reaches no provider reaches none, and holds nothing', async t => {
  const headers = { authorization: `Bearer ${campus.key}` }
  const before = { reached: reached(), reserved: asked.reserve.length }
  for (const route of REACHING_NO_PROVIDER) {
    const [method = '', path = ''] = route.split(' ')
    const body = method === 'PUT' ? { api_key: 'a-key-of-their-own' } : { model: MODEL, messages }
    const answer = await fetch(campus.url + path.replace('*', MODEL).replace(':provider', 'demo'), {
      method,
      headers: { ...headers, ...(method.startsWith('P') ? { 'content-type': 'application/json' } : {}) },
      ...(method.startsWith('P') ? { body: JSON.stringify(body) } : {}),
    })
    t.equal(answer.status, 200, route)
  }
  t.same({ reached: reached(), reserved: asked.reserve.length }, before)
})

for (const { endpoint, operation } of DOORS) {
  const trial = TRIALS[endpoint]
  if (!trial) continue
  const { key = campus.key } = trial
  const isRefused = async (t: Test, key: string | null, status: number, code: string) => {
    const before = { reached: reached(), records: (await campus.records()).length }
    for (const stream of trial.streams ? [true, false] : [false]) {
      const answer = await post(endpoint, { ...trial.body, ...(stream ? { stream } : {}) }, key)
      t.equal(answer.status, status)
      t.match(JSON.parse(answer.text), trial.refused(code))
    }
    t.same(
      { reached: reached(), records: (await campus.records()).length },
      before,
      'nothing reached a provider',
    )
  }

  t.test(`${endpoint}: nothing without a key`, t => isRefused(t, null, 401, 'invalid_api_key'))

  t.test(`P1: ${endpoint}: nothing without a budget`, async t => {
    Object.assign(staff, { left: 0, held: 0 })
    t.teardown(() => Object.assign(staff, { left: null, held: 5 }))
    await isRefused(t, key, 429, 'insufficient_quota')
  })

  t.test(`P1 P2 P6: ${endpoint}: held, prompted, settled once and recorded`, async t => {
    for (const stream of trial.streams ? [true, false] : [false]) {
      const before = { reserved: asked.reserve.length, released: asked.release.length, reached: reached() }
      const { length } = await campus.records()
      const answer = await post(endpoint, { ...trial.body, ...(stream ? { stream } : {}) }, key)
      t.equal(answer.status, 200)
      const records = (await campus.recordsOf(length + 1)).slice(length)
      t.same(
        {
          reserved: asked.reserve.length,
          released: asked.release.length,
          reached: reached(),
          records: records.length,
        },
        { reserved: before.reserved + 1, released: before.released, reached: before.reached + 1, records: 1 },
      )
      const [{ record } = {}] = records
      const held = asked.reserve.at(-1)
      const isChat = operation === 'chat'
      t.match(record, { id: held?.reservationId, endpoint, courseId: COURSE, stream, outcome: 'completed' })
      t.match(record?.usage, { source: 'provider', inputTokens: isChat ? Number : 6 })
      t.equal(record?.chargeTokens, (record?.usage.inputTokens ?? 0) + (record?.usage.outputTokens ?? 0))
      t.equal(held?.maxOutputTokens, isChat ? CAP : 0)
      const read = PROMPT + (isChat ? 'Be kind.' : '')
      t.ok((held?.inputTokens ?? 0) >= Buffer.byteLength(read), 'every byte that is read is held')
      if (!isChat) return
      const sent = provider.requests.at(-1)?.body as { messages: unknown[]; max_tokens: number }
      t.match(sent.messages, [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: PROMPT },
      ])
      t.equal(sent.max_tokens, CAP, 'never more than was held')
    }
  })
}
