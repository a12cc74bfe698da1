import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { clientOf, type Refusal, startConsole, TOKEN } from './lectern.ts'
import { ROUTES } from './routes.ts'

const { url, api } = await startConsole(t)

t.test('only the staff token opens the API', async t => {
  const strangers = [null, 'wrong-token-of-the-tests!', TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase()]
  for (const token of strangers) {
    const { status, body, headers } = await clientOf(url, token)('GET /api/courses')
    t.equal(status, 401, String(token))
    t.match(body, { error: { code: 'unauthorized', type: 'invalid_request_error', param: null } })
    t.equal(headers.get('www-authenticate'), 'Bearer')
    t.equal(headers.get('x-should-retry'), 'false')
  }
  const basic = await clientOf(url, null)('GET /api/courses', undefined, { authorization: `Basic ${TOKEN}` })
  t.equal(basic.status, 401)
  const lower = await clientOf(url, null)('GET /api/courses', undefined, { authorization: `bearer ${TOKEN}` })
  t.equal(lower.status, 503, 'the scheme has no case (RFC 9110); nobody answers on this bus')
})

t.test('the token is asked for before a body is read', async t => {
  const { status } = await clientOf(url, null)('POST /api/courses', 'x'.repeat(6_000_000))
  t.equal(status, 401)
})

t.test('P11: services away are a 503 that says when to try again', async t => {
  const routes = [
    'GET /api/courses',
    'GET /api/courses/c',
    'GET /api/courses/c/students',
    'GET /api/students/s',
    'DELETE /api/students/s',
    'POST /api/students/s/keys',
    'POST /api/keys/k/rotate',
    'DELETE /api/keys/k',
    'GET /api/students/s/balance?week=1',
    'GET /api/students/s/ledger',
    'GET /api/courses/c/prompts',
    'GET /api/courses/c/rules',
    'DELETE /api/courses/c/rules/r',
    'GET /api/conversations',
    'GET /api/conversations?q=x',
    'GET /api/conversations/x',
    'GET /api/conversations/x/notes',
    'GET /api/students/s/erasures',
    'GET /api/conversations/x/thread',
    'DELETE /api/conversations/x/notes/n',
    'GET /api/courses/c/conversations/export',
    'GET /api/courses/c/live',
    'GET /api/courses/c/use',
    'GET /api/courses/c/use/days.csv',
  ]
  for (const route of routes) {
    const { status, body, headers } = await api(route)
    t.equal(status, 503, route)
    t.match(body, { error: { code: 'service_unavailable', type: 'server_error' } })
    t.equal(headers.get('retry-after'), '1')
  }
})

t.test('what does not exist is a 404 in the same shape', async t => {
  for (const route of ['GET /', 'GET /api', 'GET /api/cources', 'PUT /api/courses', 'GET /nope?x=1']) {
    const { status, body } = await api(route)
    t.equal(status, 404, route)
    t.match(body, { error: { code: 'not_found', param: null, message: /^There is no [A-Z]+ \S+ here/ } })
  }
  t.match(
    await api('GET /api/%zz'),
    { status: 400, body: { error: { code: 'invalid_request' } } },
    'a broken escape',
  )
})

t.test('bad JSON is named by line and column', async t => {
  const { status, body } = await api('POST /api/courses', '{\n  "id": "c",\n  oops\n}', {
    'content-type': 'application/json',
  })
  t.equal(status, 400)
  t.equal(body.error.message, 'The body is not valid JSON: line 3, column 3: unexpected "o".')
})

t.test('a missing body, another type and too much are told apart', async t => {
  t.match(await api('POST /api/courses'), {
    status: 400,
    body: { error: { message: /^The body is missing/ } },
  })
  const json = { 'content-type': 'application/json' }
  t.match(await api('POST /api/courses', '', json), {
    status: 400,
    body: { error: { message: /body is missing/ } },
  })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.match(await api('POST /api/courses', 'a=b', form), {
    status: 400,
    body: { error: { message: /content type/ } },
  })
  t.match(await api('POST /api/courses', 'a,b'), {
    status: 400,
    body: { error: { code: 'invalid_request' } },
  })
  t.match(await api('POST /api/courses', 'x'.repeat(6_000_000)), {
    status: 413,
    body: { error: { code: 'request_too_large', message: /5120 KiB/ } },
  })
})

t.test('every fault of a body is listed, unknown fields included', async t => {
  const course = {
    id: 'Not OK',
    name: '',
    timezone: 'UTC',
    startsOn: 'monday',
    weeks: 0,
    weeklyTokenz: 5,
    models: ['m', 3],
  }
  const { status, body } = await api('POST /api/courses', course)
  t.equal(status, 400)
  const lines = body.error.message.split('\n')
  t.match(lines[0], /The request is not valid \(8 faults\)/)
  for (const line of [
    '- weeklyTokens is missing',
    '- defaultMaxTokens is missing',
    '- weeklyTokenz is not a known field',
    '- id must be: lower-case letters, digits and -',
    '- startsOn must be: a date, YYYY-MM-DD',
    '- weeks must be >= 1',
    '- models[1] must be string',
  ]) {
    t.ok(lines.includes(line), line)
  }
  const { faults } = body.error
  t.equal(faults?.length, 8)
  t.has(faults, [{ place: 'weeklyTokens', text: 'is missing', code: 'required' }])
  const of = (place: string) => faults?.find(fault => fault.place === place)
  t.match(of('weeks'), { code: 'minimum', limit: 1, text: 'must be >= 1' })
  t.match(of('weeklyTokenz'), { code: 'additionalProperties' })
  t.match(of('startsOn'), { code: 'pattern' })
  t.type(body.error.param, 'string')
})

t.test('a single fault is one sentence with its field', async t => {
  const rule = { kind: 'blok', pattern: 'x', message: 'm', fromWeek: 1, toWeek: 2 }
  t.match(await api('POST /api/courses/c/rules', rule), {
    status: 400,
    body: {
      error: { message: 'The request is not valid: kind must be one of block, guide.', param: 'kind' },
    },
  })
})

t.test('queries are checked too: typing errors, numbers, repeats', async t => {
  const wrong = [
    'studnet=x',
    'week=1.5',
    'week=x',
    'week=0',
    'week=1&week=2',
    'limit=501',
    'limit=0',
    'from=yesterday',
    'flagged=yes',
    'outcome=lost',
  ]
  for (const query of wrong) {
    const { status, body } = await api(`GET /api/conversations?${query}`)
    t.equal(status, 400, query)
    t.equal(body.error.param, query.split('=')[0])
  }
  const { status } = await api('GET /api/conversations?q=&week=&cursor=')
  t.equal(status, 503, 'an empty value counts as not given: the call was made')
})

t.test('no answer may be kept, framed or read by foreign pages', async t => {
  for (const route of ['GET /api/courses', 'GET /healthz', 'GET /nope', 'GET /openapi.json']) {
    const { headers } = await api(route, undefined, { origin: 'https://evil.example' })
    t.equal(headers.get('cache-control'), 'no-store', route)
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.equal(headers.get('x-frame-options'), 'DENY')
    t.match(headers.get('content-security-policy'), /default-src 'none'/)
    t.equal(headers.get('access-control-allow-origin'), null)
  }
  t.equal((await api('OPTIONS /api/courses')).status, 404)
})

t.test('health without a token', async t => {
  const anyone = clientOf(url, null)
  t.match(await anyone('GET /healthz'), { status: 200, body: { status: 'alive' } })
  t.match(await anyone('GET /readyz'), { status: 200, body: { status: 'ready', checks: { bus: true } } })
})

t.test('the OpenAPI document describes every route with its answers', async t => {
  interface Operation {
    summary?: string
    responses: Record<string, { content?: object }>
    parameters?: { name: string; required?: boolean }[]
  }
  const { body } = await clientOf(
    url,
    null,
  )<{ openapi: string; paths: Record<string, Record<string, Operation>> }>('GET /openapi.json')
  t.match(body.openapi, /^3\.1/)
  const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )
  t.same(operations.map(({ name }) => name).sort(), ROUTES.toSorted())
  for (const { name, operation } of operations) {
    t.ok(operation.summary, `${name} has a summary`)
    for (const [status, answer] of Object.entries(operation.responses))
      t.equal(answer.content !== undefined, !['204', '302'].includes(status), `${name} ${status}`)
  }
  const list = operations.find(({ name }) => name === 'GET /api/courses')?.operation
  const limit = list?.parameters?.find(({ name }) => name === 'limit')
  t.notOk(limit?.required, 'a field with a default need not be sent')
})

t.test('what is not HTTP is answered in the same shape', async t => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write('nonsense\r\n\r\n')
  const answer = await text(socket)
  t.match(answer, /^HTTP\/1\.1 400 /)
  const refusal = JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as Refusal
  t.match(refusal, { error: { code: 'invalid_request', message: 'This is not a valid HTTP request.' } })
})

t.test('ids of any allowed shape survive the address', async t => {
  const id = encodeURIComponent(`${'a@b.'.repeat(19)}abcd`)
  t.equal((await api(`GET /api/students/${id}`)).status, 503, 'accepted, nobody answers')
  t.equal((await api(`GET /api/students/${encodeURIComponent('a/b')}`)).status, 400)
})

t.test('a client that leaves during its upload breaks nothing', async t => {
  const { hostname, port } = new URL(url)
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/csv', 'content-length': 1000 }
  const upload = request({ hostname, port, path: '/api/courses/c/students', method: 'POST', headers })
  upload.on('error', () => {})
  upload.write('name,email\n', () => upload.destroy())
  await new Promise(resolve => upload.once('close', resolve))
  t.equal((await api('GET /healthz')).status, 200)
})
