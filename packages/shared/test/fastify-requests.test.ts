import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import t from 'tap'
import { observeRequests } from '../src/fastify-requests.ts'
import { openSpan } from '../src/open-span.ts'
import { startOps } from '../src/ops.ts'
import { currentRequestId } from '../src/request-id.ts'
import { currentTraceId, SpanKind } from '../src/spans.ts'
import { collectSpans, type EndedSpan } from '../src/testing/spans.ts'

const spans = collectSpans(t)
const seen: (string | null)[] = []
const ids = new Set<string | undefined>()
const see = () => {
  seen.push(currentTraceId())
  ids.add(currentRequestId())
}
const work = Promise.withResolvers<void>()

const app = Fastify({ genReqId: () => 'r1' })
observeRequests(app)
app.addHook('onRequest', async () => {
  see()
  await delay(1)
})
app.addHook('preHandler', async () => see())
app.post('/items/:id', async () => {
  see()
  await delay(1)
  see()
  return { ok: true }
})
app.get('/broken', async () => {
  throw new Error('no')
})
app.get('/stream', async (_, reply) => {
  async function* pieces() {
    see()
    yield 'a'
    await delay(1)
    see()
    yield 'b'
  }
  return reply.type('text/plain').send(Readable.from(pieces()))
})
app.get('/hijacked', (_, reply) => {
  reply.hijack()
  reply.raw.writeHead(207).end('x')
})
app.get('/slow', () => new Promise(() => {}))
app.get('/works', request => {
  request.work = work.promise
  return new Promise(() => {})
})
app.get('/healthz', async () => 'ok')
await app.listen({ host: '127.0.0.1', port: 0 })
t.teardown(() => app.close())
const { port } = app.server.address() as AddressInfo
const url = `http://127.0.0.1:${port}`
const ops = await startOps({ host: '127.0.0.1', port: 0, checks: {} })
t.teardown(() => ops.close())
const scrape = async () => (await fetch(`http://127.0.0.1:${ops.port}/metrics`)).text()

async function ended(name: string): Promise<EndedSpan> {
  for (let tries = 0; tries < 400; tries++) {
    const span = spans.named(name)[0]
    if (span) return span
    await delay(5)
  }
  throw new Error(`no span ${name} has ended`)
}

t.beforeEach(() => {
  spans.clear()
  seen.length = 0
  ids.clear()
})

t.test('P9: a span by method and route, active in hooks, handler and what they wait for', async t => {
  // In two pieces, so that the body is read in another turn than the headers.
  const request = httpRequest(`${url}/items/ada?q=secret`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  })
  request.write('{"a":')
  await delay(20)
  request.end('1}')
  const response = await new Promise<NodeJS.ReadableStream>(resolve => request.once('response', resolve))
  response.resume()
  const span = await ended('POST /items/:id')
  t.same(span.attributes, {
    'http.request.method': 'POST',
    'http.route': '/items/:id',
    'http.response.status_code': 200,
    'lectern.request.id': 'r1',
  })
  t.equal(span.parentSpanContext, undefined)
  t.same(span.links, [])
  t.equal(span.status.code, 0)
  t.same(seen, Array(4).fill(span.spanContext().traceId))
  t.same([...ids], ['r1'], 'and the id of the request')
})

t.test('P9: a traceparent from outside is a link and nothing else', async t => {
  const theirs = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
  await fetch(`${url}/stream`, {
    // Their trace is not sampled; ours is.
    headers: {
      traceparent: `00-${theirs.traceId}-${theirs.spanId}-00`,
      tracestate: 'who=ada',
      baggage: 'a=b',
    },
  }).then(response => response.text())
  const span = await ended('GET /stream')
  t.equal(span.parentSpanContext, undefined)
  t.not(span.spanContext().traceId, theirs.traceId)
  t.equal(span.links.length, 1)
  t.match(span.links[0]?.context, theirs)
  t.equal(span.links[0]?.context.traceState, undefined)
  t.same(seen, Array(4).fill(span.spanContext().traceId), 'also while the stream is read')
  t.same([...ids], ['r1'])
  spans.clear()
  await fetch(`${url}/stream`, { headers: { traceparent: '00-nonsense' } })
  t.same((await ended('GET /stream')).links, [])
})

t.test('P9: a request begins a trace, whatever runs where it arrives', async t => {
  const outer = openSpan('outer', { kind: SpanKind.INTERNAL, root: true })
  t.ok(outer.isRecording)
  await outer.run(async () => void (await app.inject('/stream')))
  outer.end(false)
  t.equal((await ended('GET /stream')).parentSpanContext, undefined)
})

t.test('errors of ours, and hijacked answers', async t => {
  await fetch(`${url}/broken`)
  const broken = await ended('GET /broken')
  t.match(broken, { status: { code: 2 }, attributes: { 'http.response.status_code': 500 } })
  t.same(broken.events, [], 'no exception: its words may be those of a student')
  await fetch(`${url}/hijacked`)
  t.match((await ended('GET /hijacked')).attributes, { 'http.response.status_code': 207 })
})

t.test('a client that leaves ends the span, as soon as nothing goes on for it', async t => {
  const leave = (path: string) => fetch(url + path, { signal: AbortSignal.timeout(50) }).catch(() => null)
  await leave('/slow')
  const slow = await ended('GET /slow')
  t.notOk('http.response.status_code' in slow.attributes, 'it was told none')
  t.equal(slow.status.code, 0)
  await leave('/works')
  await delay(50)
  t.same(spans.named('GET /works'), [])
  work.resolve()
  await ended('GET /works')
})

t.test('an unknown address is one of many; probes are not of interest', async t => {
  await fetch(`${url}/wp-login.php?x=1`)
  await fetch(`${url}/items/ada`, { method: 'DELETE' })
  t.match((await ended('GET unknown')).attributes, { 'http.response.status_code': 404 })
  await ended('DELETE unknown')
  await fetch(`${url}/healthz`)
  await delay(20)
  t.notOk(spans.all().some(({ name }) => name.includes('healthz')))
  const text = await scrape()
  const count = (route: string, method: string, status: string) =>
    Number(
      new RegExp(
        `^lectern_http_request_seconds_count\\{route="${route}",method="${method}",status="${status}"\\} (\\d+)$`,
        'm',
      ).exec(text)?.[1],
    )
  t.equal(count('unknown', 'GET', '404'), 1)
  t.equal(count('unknown', 'DELETE', '404'), 1)
  t.equal(count('/items/:id', 'POST', '200'), 1)
  t.equal(count('/broken', 'GET', '500'), 1)
  t.equal(count('/hijacked', 'GET', '207'), 1)
  t.equal(count('/slow', 'GET', 'none'), 1)
  t.notMatch(text, /healthz|wp-login|items\/ada/)
})
