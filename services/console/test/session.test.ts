import { spawn } from 'node:child_process'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { manualClock } from '@lectern/shared/clock.ts'
import { startTestService } from '@lectern/shared/testing/service.ts'
import pg from 'pg'
import t from 'tap'
import { Config } from '../src/config.ts'
import { startService } from '../src/service.ts'
import { openBrowser, PASSWORD, type SessionBody } from './browser.ts'
import { clientOf, type Refusal } from './lectern.ts'
import { startLectern } from './real-services.ts'

const clock = manualClock(Date.now())
const { url, databaseUrl, environment } = await startLectern(t, { clock })
const database = new pg.Client({ connectionString: databaseUrl })
await database.connect()
t.teardown(() => database.end())
const ROOT = { email: 'root@example.edu', password: PASSWORD }

t.test('the log of a first start has one link that makes the first admin, once', async t => {
  const { body: before } = await openBrowser(url).ask<SessionBody>('GET /api/session')
  t.same(before, { user: null, csrf: null, signIn: { local: true, oidc: null }, needsSetup: true })
  const lines = await logOfFirstStart()
  const links = lines.flatMap(line => /"setupUrl":"([^"]+)"/.exec(line)?.[1] ?? [])
  t.equal(links.length, 1)
  const link = new URL(links[0] ?? '')
  t.equal(link.origin + link.pathname, 'https://lectern.example.edu/setup')
  const token = link.hash.slice(1)
  t.match(token, /^[\w-]{43}$/)
  const { rows } = await database.query('SELECT hash FROM quota.staff_links')
  t.ok(rows.some(({ hash }) => hash === createHash('sha256').update(token).digest('hex')))
  t.notMatch(JSON.stringify(rows), token)

  const browser = openBrowser(url)
  const admin = { token, email: 'Root@Example.edu', name: 'Root', password: PASSWORD }
  for (const password of ['', 'elevenchars'])
    t.match(await browser.ask('POST /api/setup', { ...admin, password }), { status: 400 }, password)
  t.match(
    await browser.ask('POST /api/setup', { ...admin, isAdmin: true }),
    { status: 400 },
    'what is not asked',
  )
  const { status, body } = await browser.ask<SessionBody>('POST /api/setup', admin)
  t.equal(status, 200)
  t.match(body, {
    user: { email: 'root@example.edu', isAdmin: true },
    needsSetup: false,
    csrf: /^[\w-]{43}$/,
  })
  t.match(await openBrowser(url).ask('POST /api/setup', admin), {
    status: 401,
    body: { error: { code: 'wrong_credentials' } },
  })
  t.notMatch((await logOfFirstStart()).join(), 'setupUrl', 'a later start prints none')
})

t.test('signing in: a new session each time, and the one from before is dead', async t => {
  const browser = openBrowser(url)
  const { status, body } = await browser.ask<SessionBody>('POST /api/session', ROOT)
  t.match({ status, body }, { status: 200, body: { user: { email: 'root@example.edu' } } })
  t.match(browser.setCookie, /^lectern=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  const [first, csrf] = [browser.cookie, browser.csrf]
  await browser.ask('POST /api/session', ROOT)
  t.not(browser.cookie, first)
  t.not(browser.csrf, csrf)
  const withOld = { cookie: first, 'x-csrf-token': csrf }
  t.equal((await browser.ask('GET /api/courses', undefined, withOld)).status, 401, 'fixation')
  t.equal((await browser.ask('GET /api/courses')).status, 200)
  const { rows } = await database.query('SELECT hash FROM quota.staff_sessions')
  t.notMatch(JSON.stringify(rows), browser.cookie.split('=')[1])
  t.match(await browser.ask('DELETE /api/session'), { status: 204, body: undefined })
  t.match(browser.setCookie, /^lectern=; .*(Expires=Thu, 01 Jan 1970|Max-Age=0)/)
  t.equal((await browser.ask('GET /api/courses')).status, 401)
})

t.test('a session that a stranger has planted is not the one that somebody signs in to', async t => {
  const planted = `lectern=${'A'.repeat(43)}`
  const victim = openBrowser(url)
  victim.cookie = planted
  await victim.ask('POST /api/session', ROOT)
  t.not(victim.cookie, planted)
  const stranger = await openBrowser(url).ask<SessionBody>('GET /api/session', undefined, { cookie: planted })
  t.equal(stranger.body.user, null)
})

t.test('an idle session ends', async t => {
  const browser = openBrowser(url)
  await browser.ask('POST /api/session', ROOT)
  clock.advance(12 * 3_600_000)
  t.match(await browser.ask('GET /api/courses'), { status: 401, body: { error: { code: 'unauthorized' } } })
  t.equal((await browser.ask<SessionBody>('GET /api/session')).body.user, null)
})

t.test('wrong passwords and unknown accounts are answered alike, and only for a while', async t => {
  const browser = openBrowser(url)
  const answers = []
  for (const email of ['root@example.edu', 'nobody@example.edu']) {
    const tries = Array.from({ length: 8 }, () =>
      browser.ask(
        'POST /api/session',
        { email, password: 'wrong password!' },
        // Whoever is not a proxy of ours may write what they like.
        { 'x-forwarded-for': `192.0.2.${randomInt(255)}` },
      ),
    )
    const settled = await Promise.all(tries)
    t.equal(settled.filter(({ status }) => status === 401).length, 5, 'at the same moment')
    const late = settled.find(({ status }) => status === 429)
    t.match(late?.body, { error: { code: 'too_many_attempts', type: 'rate_limit_exceeded' } })
    t.match(late?.headers.get('retry-after'), /^1?\d\d$/)
    t.equal(late?.headers.get('x-should-retry'), 'false')
    answers.push(settled.find(({ status }) => status === 401)?.body)
  }
  t.same(answers[0], answers[1])
  t.equal((await browser.ask('POST /api/session', ROOT)).status, 429, 'the right one, too')
  clock.advance(600_000)
  t.equal((await browser.ask('POST /api/session', ROOT)).status, 200)
})

t.test('made-up sessions of an address are not asked for without end; real ones pass', async t => {
  const browser = openBrowser(url)
  await browser.ask('POST /api/session', ROOT)
  await browser.ask('GET /api/courses')
  const made = (text: string) =>
    clientOf(url, null)('GET /api/courses', undefined, { cookie: `lectern=${text}` })
  const statuses = new Set<number>()
  for (let count = 0; count < 105; count++)
    statuses.add((await made(randomBytes(32).toString('base64url'))).status)
  t.same([...statuses], [401, 429])
  t.equal((await made('no session at all')).status, 401, 'what cannot be one is asked of nobody')
  t.equal((await browser.ask('GET /api/courses')).status, 200)
})

t.test('what is no sign-in is refused by its shape and its size', async t => {
  const api = clientOf(url, null)
  for (const body of [
    { ...ROOT, isAdmin: true },
    { email: 'root', password: PASSWORD },
    { email: ['root@example.edu'], password: PASSWORD },
    { email: 'root@example.edu', password: { length: 12 } },
  ])
    t.equal((await api('POST /api/session', body)).status, 400)
  const huge = { email: 'root@example.edu', password: 'x'.repeat(20_000) }
  t.match(await api('POST /api/session', huge), {
    status: 413,
    body: { error: { code: 'request_too_large', message: /16 KiB/ } },
  })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.equal((await api('POST /api/session', 'email=a', form)).status, 400, 'no form can be posted')
})

t.test('a change by cookie needs a page of ours and the token of this session', async t => {
  const browser = openBrowser(url)
  await browser.ask('POST /api/session', ROOT)
  const { host } = new URL(url)
  const attack = (headers: Record<string, string>) => browser.ask('POST /api/courses', {}, headers)
  const refusals: [string, Record<string, string>][] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['a sandboxed page', { origin: 'null' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['another scheme', { origin: `https://${host}` }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['no token', { 'x-csrf-token': '' }],
    ['a wrong token', { 'x-csrf-token': 'A'.repeat(43) }],
  ]
  for (const [what, headers] of refusals)
    t.match(await attack(headers), { status: 403, body: { error: { code: 'forbidden' } } }, what)
  const { cookie, csrf } = browser
  const bare = clientOf(url, null)('POST /api/courses', {}, { cookie, 'x-csrf-token': csrf })
  t.equal((await bare).status, 403, 'neither origin nor fetch metadata')
  const other = openBrowser(url)
  await other.ask('POST /api/session', ROOT)
  t.equal((await attack({ 'x-csrf-token': other.csrf })).status, 403, "another session's token")
  t.equal((await attack({})).status, 400, 'from our page: only the body is wrong')
  const named = url.replace('127.0.0.1', 'localhost')
  const byName = openBrowser(named)
  t.equal((await byName.ask('POST /api/session', ROOT)).status, 200, 'by the other name of this machine')
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  t.equal((await openBrowser(url).ask('POST /api/session', ROOT, foreign)).status, 403, 'signing in')
})

t.test('behind https the cookie is of this host alone, and only its pages may change anything', async t => {
  const site = 'https://lectern.example.edu'
  const behind = await startTestService(t, startService, Config, { ...environment, CONSOLE_URL: site })
  const browser = openBrowser(behind.url)
  const own = { origin: site }
  t.equal((await browser.ask('POST /api/session', ROOT)).status, 403, 'not by the address behind the proxy')
  t.equal((await browser.ask('POST /api/session', ROOT, own)).status, 200)
  t.match(browser.setCookie, /^__Host-lectern=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  t.equal((await browser.ask('POST /api/courses', {}, own)).status, 400, 'only the body is wrong')
  t.equal((await browser.ask('POST /api/courses', {}, { origin: 'http://lectern.example.edu' })).status, 403)
  const plain = { cookie: browser.cookie.replace('__Host-', '') }
  t.equal((await browser.ask('GET /api/courses', undefined, plain)).status, 401, 'no other name will do')
  const { body } = await clientOf(behind.url)<{ inviteUrl: string }>('POST /api/staff', {
    email: 'new@example.edu',
    name: 'New',
  })
  t.ok(body.inviteUrl.startsWith(`${site}/invite#`), 'links lead to the public address')
})

t.test('one changes one’s own password, and is signed out everywhere else', async t => {
  const [here, there] = [openBrowser(url), openBrowser(url)]
  await here.ask('POST /api/session', ROOT)
  await there.ask('POST /api/session', ROOT)
  const change = { current: PASSWORD, password: `${PASSWORD} 2` }
  t.match(await here.ask('POST /api/password', { ...change, current: 'wrong' }), {
    status: 401,
    body: { error: { code: 'wrong_credentials', param: 'current' } },
  })
  t.equal((await here.ask('POST /api/password', change)).status, 200)
  t.equal((await here.ask('GET /api/courses')).status, 200)
  t.equal((await there.ask('GET /api/courses')).status, 401)
  t.equal((await there.ask('POST /api/session', ROOT)).status, 401)
  clock.advance(3_600_000)
  const { headers, body } = await clientOf(url)<Refusal>('POST /api/password', change)
  t.match(body.error.code, 'forbidden', 'the token has none')
  t.equal(headers.getSetCookie().length, 0)
})

/** The lines that a console prints from its start until it serves. */
async function logOfFirstStart(): Promise<string[]> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const env = { ...environment, CONSOLE_URL: 'https://lectern.example.edu/', PATH: process.env.PATH }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (line.includes('"started"')) child.kill('SIGTERM')
  }
  return lines
}
