import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { HEADER } from '@lectern/shared/contracts/subjects.ts'
import t from 'tap'
import { createKeyVault } from '../src/key-vault.ts'
import { MODEL, startCampus } from './campus.ts'
import { postChat } from './http.ts'

/** A student's own key on its way to providers of each kind, and what becomes of their refusals. */

const SECRET = 'c0ffee'.repeat(12)
const OWN_KEY = 'no-shape-that-anybody-knows-77'
const STUDENT = 'ada'
const vault = createKeyVault(SECRET)

/** A provider that says what it is told to, and quotes the key. */
const seen: IncomingHttpHeaders[] = []
const says = { status: 400 }
const quoting = createServer(async (request, response) => {
  await text(request)
  seen.push(request.headers)
  response.writeHead(says.status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { type: 'x', message: `Not with ${OWN_KEY} of yours, ${OWN_KEY}!` } }))
}).listen(0, '127.0.0.1')
await once(quoting, 'listening')
t.teardown(() => void quoting.close())
const url = `http://127.0.0.1:${(quoting.address() as AddressInfo).port}/v1`

process.env.OWN_TEST_KEY_1 = 'course-key-1'
process.env.OWN_TEST_KEY_2 = 'course-key-2'
const KINDS = {
  openai: 'authorization',
  azure: 'api-key',
  gemini: 'authorization',
  anthropic: 'x-api-key',
} as const
const campus = await startCampus(t, {
  env: { OWN_KEYS_SECRET: SECRET, POOL_WAIT_MS: '200' },
  providers: demo => ({
    providers: [
      ...Object.keys(KINDS).map(kind => ({
        ...{ name: kind, kind, baseUrl: url, ownKeys: true, apiKeyEnv: ['OWN_TEST_KEY_1', 'OWN_TEST_KEY_2'] },
        models: [{ name: kind, model: 'm' }],
      })),
      {
        ...{ name: 'narrow', kind: 'openai', baseUrl: url, ownKeys: true },
        models: [{ name: 'narrow', model: 'm', limits: { requestsPerMinute: 1 } }],
      },
      { name: 'demo', kind: 'openai', baseUrl: demo, models: [{ name: MODEL, model: 'demo-small' }] },
    ],
  }),
})
const { staff, asked } = campus
const seal = (provider: string, studentId = STUDENT) => ({
  provider,
  sealed: vault.seal(OWN_KEY, { provider, studentId }),
})

async function ask(model: string, stream = false) {
  const before = seen.length
  const response = await postChat(campus, 'hi', { model, stream })
  const body = await response.json()
  const stored = (await campus.records()).at(-1)
  return { status: response.status, body, sent: seen.slice(before), stored, text: JSON.stringify(body) }
}

t.test('P4: the limits of our account say nothing about the student’s', async t => {
  staff.ownKey = seal('narrow')
  says.status = 400
  for (let request = 0; request < 3; request += 1) t.equal((await ask('narrow')).sent.length, 1)
  staff.ownKey = null
  t.equal((await ask('narrow')).sent.length, 1)
  t.match(await ask('narrow'), { status: 503, body: { error: { code: 'overloaded' } }, sent: { length: 0 } })
})

for (const [kind, header] of Object.entries(KINDS)) {
  t.test(`P10: ${kind}: it goes where the kind wants a key, and nothing that quotes it gets on`, async t => {
    staff.ownKey = seal(kind)
    says.status = 400
    for (const stream of [false, true]) {
      const answer = await ask(kind, stream)
      t.same(
        answer.sent.map(headers => headers[header]),
        [header === 'authorization' ? `Bearer ${OWN_KEY}` : OWN_KEY],
      )
      t.notMatch(JSON.stringify(answer.sent), 'course-key')
      t.match(answer, {
        status: 400,
        body: { error: { code: 'provider_rejected', message: /Not with \[redacted\]/ } },
      })
      t.notMatch(answer.text, OWN_KEY)
      t.match(answer.stored?.record, { outcome: 'upstream_failed', paidBy: 'student', provider: kind })
    }
    t.same(asked.reserve.at(-1)?.ownKeyAt, [kind])
  })

  t.test(`P1: ${kind}: refused once, with no other try and no other key`, async t => {
    staff.ownKey = seal(kind)
    for (says.status of [401, 402, 403]) {
      const answer = await ask(kind)
      t.equal(answer.sent.length, 1)
      t.match(answer, {
        status: 403,
        body: { error: { code: 'own_key_refused', message: new RegExp(`"${kind}" .*${says.status}`) } },
      })
      t.match(answer.stored?.headers, { [HEADER.end]: 'release', [HEADER.charge]: '0' })
    }
    says.status = 429
    t.match(await ask(kind), {
      status: 429,
      body: { error: { code: 'rate_limit_exceeded' } },
      sent: { length: 1 },
    })
    staff.ownKey = null
    says.status = 400
    const keys = [await ask(kind), await ask(kind)].flatMap(({ sent }) =>
      sent.map(one => String(one[header])),
    )
    t.equal(new Set(keys).size, 2, 'both keys of the course are in use: none rests')
    t.ok(keys.every(key => key.includes('course-key')))
  })
}

t.test('a key that cannot be opened is named, and the course does not pay instead', async t => {
  says.status = 400
  for (const ownKey of [
    seal('openai', 'somebody-else'),
    { ...seal('azure'), provider: 'openai' },
    {
      provider: 'openai',
      sealed: createKeyVault('ab'.repeat(32)).seal(OWN_KEY, { provider: 'openai', studentId: STUDENT }),
    },
  ]) {
    staff.ownKey = ownKey
    const answer = await ask('openai')
    t.match(answer, { status: 403, body: { error: { code: 'own_key_refused', message: /send it again/i } } })
    t.equal(answer.sent.length, 0)
    t.match(answer.stored?.headers, { [HEADER.end]: 'release' })
  }
})

t.test(
  'a provider that is not marked is never asked with one, nor by a gateway without the secret',
  async t => {
    staff.ownKey = null
    await ask(MODEL)
    t.equal(asked.reserve.at(-1)?.ownKeyAt, undefined)
    const without = await campus.anotherGateway({ OWN_KEYS_SECRET: '' })
    await (await postChat({ url: without.url, key: campus.key }, 'hi', { model: 'openai' })).text()
    t.equal(asked.reserve.at(-1)?.ownKeyAt, undefined)
    const refused = await fetch(`${without.url}/v1/provider-keys/openai`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${campus.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ api_key: OWN_KEY }),
    })
    t.equal(refused.status, 403)
    t.match(await refused.json(), { error: { code: 'own_keys_not_allowed', message: /OWN_KEYS_SECRET/ } })
  },
)
