import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { answerErrors } from '../../src/plugins/errors.ts'
import { addHeaders } from '../../src/plugins/headers.ts'
import { servePages } from '../../src/plugins/pages.ts'

const NAVIGATION = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-mode': 'navigate' }

const folder = await mkdtemp(join(tmpdir(), 'lectern-pages-'))
t.teardown(() => rm(folder, { recursive: true }))
await mkdir(join(folder, 'pages', 'assets'), { recursive: true })
await writeFile(join(folder, 'secret'), 'a secret')
await writeFile(
  join(folder, 'pages', 'index.html'),
  '<meta nonce="__NONCE__"><script nonce="__NONCE__"></script>',
)
await writeFile(join(folder, 'pages', 'assets', 'main-abc.js'), 'plain')
await writeFile(join(folder, 'pages', 'assets', 'main-abc.js.br'), 'brotli')

const app = Fastify()
answerErrors(app, servePages(app, join(folder, 'pages')))
addHeaders(app)
app.get('/api/courses', async () => [])
t.teardown(() => app.close())
const open = (url: string, headers: Record<string, string> = NAVIGATION) => app.inject({ url, headers })

t.test('an address that only the page knows is answered with the page, never kept', async t => {
  for (const url of ['/', '/sign-in', '/courses/ml-26/students?sort=name', '/apiary']) {
    const { statusCode, headers, body } = await open(url)
    t.equal(statusCode, 200, url)
    t.equal(headers['cache-control'], 'no-store')
    t.match(headers['content-type'], 'text/html')
    t.notMatch(body, '__NONCE__')
  }
})

t.test('each answer has a nonce of its own, and the policy allows nothing else inline', async t => {
  const seen = new Set<string>()
  for (let count = 0; count < 3; count += 1) {
    const { headers, body } = await open('/')
    const policy = String(headers['content-security-policy'])
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
    t.equal(Buffer.from(nonce, 'base64').length, 16)
    t.equal(body, `<meta nonce="${nonce}"><script nonce="${nonce}"></script>`)
    t.notMatch(policy, /unsafe|\*|https?:/)
    for (const part of [
      "default-src 'none'",
      "script-src 'self';",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ])
      t.ok(policy.includes(part), part)
    seen.add(nonce)
  }
  t.equal(seen.size, 3)
})

t.test('what programs ask for is never answered with the page', async t => {
  for (const url of [
    '/api',
    '/api/nothing',
    '/auth/nothing',
    '/openapi.json',
    '/healthz',
    '/assets/gone.js',
  ]) {
    const { statusCode, headers } = await open(url)
    t.equal(statusCode, 404, url)
    t.match(headers['content-type'], 'application/json')
  }
  t.equal((await open('/courses', { accept: '*/*' })).statusCode, 404, 'not a browser that opens an address')
  t.equal((await app.inject({ method: 'POST', url: '/courses', headers: NAVIGATION })).statusCode, 404)
  t.same((await open('/api/courses')).json(), [])
})

t.test(
  'files whose names tell their content are kept for ever, compressed where that is understood',
  async t => {
    const plain = await open('/assets/main-abc.js', {})
    t.equal(plain.body, 'plain')
    t.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
    t.equal(plain.headers['x-content-type-options'], 'nosniff')
    const small = await open('/assets/main-abc.js', { 'accept-encoding': 'gzip, br' })
    t.equal(small.body, 'brotli')
    t.equal(small.headers['content-encoding'], 'br')
    t.match(small.headers['content-type'], 'javascript')
  },
)

t.test('nothing outside the folder is served', async t => {
  for (const url of [
    '/assets/../../secret',
    '/assets/%2e%2e/%2e%2e/secret',
    '/assets/..%2f..%2fsecret',
    '/assets//secret',
  ]) {
    const { statusCode, body } = await open(url, {})
    t.not(statusCode, 200, url)
    t.notMatch(body, 'a secret')
  }
})

t.test('without a build there are no pages, and the API is as it is', async t => {
  const bare = Fastify()
  answerErrors(bare, servePages(bare, join(folder, 'nowhere')))
  t.equal((await bare.inject({ url: '/', headers: NAVIGATION })).statusCode, 404)
  await bare.close()
})
