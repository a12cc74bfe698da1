import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { MODEL, startCampus, until } from './campus.ts'
import { postChat } from './http.ts'

/** Clients and providers that mean harm, or whose networks do. */

/** A provider that says anything: `/reset` breaks after its headers, `/endless` never ends its one JSON body. */
const strange = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  if (request.url?.startsWith('/reset')) return void setImmediate(() => response.socket?.resetAndDestroy())
  const megabyte = Buffer.alloc(1024 ** 2, 'x')
  const pour = () => {
    while (!response.destroyed && response.write(megabyte));
  }
  response.write('{"choices":[{"message":{"content":"')
  response.on('drain', pour)
  pour()
})
strange.listen(0, '127.0.0.1')
await once(strange, 'listening')
t.teardown(() => void strange.close())
const strangeUrl = `http://127.0.0.1:${(strange.address() as AddressInfo).port}`

const at = (name: string, baseUrl: string, model: string) => ({
  name,
  kind: 'openai',
  baseUrl,
  models: [{ name: model, model: 'demo-small' }],
})
const campus = await startCampus(t, {
  env: { MAX_OPEN_REQUESTS: '40' },
  providers: demo => ({
    providers: [
      at('demo', demo, MODEL),
      at('nowhere', 'http://provider.invalid/v1', 'nowhere'),
      at('reset', `${strangeUrl}/reset`, 'reset'),
      at('endless', `${strangeUrl}/endless`, 'endless'),
    ],
  }),
})
const { provider, asked } = campus

function post(text: string): string {
  const body = JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: text }] })
  return head(`content-length: ${body.length}`) + body
}

function head(...more: string[]): string {
  const common = ['host: x', `authorization: Bearer ${campus.key}`, 'content-type: application/json']
  return `POST /v1/chat/completions HTTP/1.1\r\n${[...common, ...more].join('\r\n')}\r\n\r\n`
}

function open() {
  return connect(Number(new URL(campus.url).port), '127.0.0.1').setEncoding('utf8')
}

t.test(
  'what could be read in two ways, and what is too much, is refused and its connection closed',
  async t => {
    const refused = [
      [head('content-length: 5', 'content-length: 6'), /^HTTP\/1.1 400 /],
      [head('content-length: 5', 'transfer-encoding: chunked'), /^HTTP\/1.1 400 /],
      [head('content-length: 5', `x: ${'y'.repeat(20_000)}`), /^HTTP\/1.1 431 .*16 KiB/s],
    ] as const
    for (const [request, answer] of refused) {
      const socket = open()
      socket.write(`${request}hello!`)
      const said = (await socket.toArray()).join('')
      t.match(said, answer)
      t.match(said, /"code":"invalid_request"/)
    }
  },
)

t.test(
  'P2 P5: requests sent one behind the other on a connection that breaks: each hold has its end',
  async t => {
    const before = (await campus.records()).length
    const socket = open()
    socket.on('error', () => undefined)
    socket.write(post('[[demo: gap=20 tokens=500]]').repeat(9))
    await until(() => provider.requests.filter(request => request.chunks > 2).length >= 9)
    socket.resetAndDestroy()
    const stored = (await campus.recordsOf(before + 9)).slice(before)
    t.same(new Set(stored.map(({ record }) => record.outcome)), new Set(['client_gone']))
    t.equal(new Set(stored.map(({ record }) => record.id)).size, 9)
    await until(() => provider.requests.every(request => request.endedAt))
  },
)

t.test('P11: connections broken by the dozen leave no place taken', async t => {
  const quota = `GET /v1/quota HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${campus.key}\r\n\r\n`
  for (let round = 0; round < 4; round++) {
    const socket = open()
    socket.on('error', () => undefined)
    const { length } = provider.requests
    socket.write(post('[[demo: hang=headers]]') + quota.repeat(15))
    const hanging = await until(() => provider.requests[length] ?? null)
    socket.resetAndDestroy()
    await until(() => hanging.endedAt)
  }
  await (await postChat(campus, 'hi')).text()
  t.equal(
    (await fetch(`${campus.url}/v1/quota`, { headers: { authorization: `Bearer ${campus.key}` } })).status,
    200,
  )
})

t.test('a body that never ends, from a client that goes: nothing was asked of anybody', async t => {
  const before = { reserved: asked.reserve.length, sent: provider.requests.length }
  const socket = open()
  socket.on('error', () => undefined)
  socket.write(`${head('transfer-encoding: chunked')}5\r\n{"mod\r\n`)
  await new Promise(resolve => setTimeout(resolve, 50))
  socket.resetAndDestroy()
  await (await postChat(campus, 'hi')).text()
  t.equal(asked.reserve.length, before.reserved + 1)
  t.equal(provider.requests.length, before.sent + 1)
})

t.test(
  'P4: a provider that cannot be found, or breaks after its headers: a clear answer, nothing charged',
  async t => {
    for (const model of ['nowhere', 'reset']) {
      for (const stream of [true, false]) {
        const before = (await campus.records()).length
        const response = await postChat(campus, 'hi', { model, stream })
        t.equal(response.status, 502, model)
        t.match(await response.json(), { error: { code: 'provider_error' } })
        const stored = (await campus.recordsOf(before + 1)).at(-1)
        t.match(stored?.record, { outcome: 'upstream_failed', chargeTokens: 0, usage: { source: 'none' } })
      }
    }
  },
)

t.test('an answer in one piece without end is ended', async t => {
  const response = await postChat(campus, 'hi', { model: 'endless', stream: false })
  t.equal(response.status, 502)
  t.match((await campus.records()).at(-1)?.record, { outcome: 'upstream_failed', chargeTokens: 0 })
})
