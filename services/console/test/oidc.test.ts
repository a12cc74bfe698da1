import { readConfig } from '@lectern/shared/config.ts'
import type { AuditEntry } from '@lectern/shared/contracts/audit.ts'
import t from 'tap'
import { freePort } from '../../../infra/local/src/ports.ts'
import { Config } from '../src/config.ts'
import { createOidc, oidcSettingsOf } from '../src/oidc.ts'
import { openBrowser, type SessionBody } from './browser.ts'
import { COURSE, clientOf } from './lectern.ts'
import { CLIENT, navigate, startCampusProvider } from './oidc-server.ts'
import { startLectern } from './real-services.ts'

/** Against a real OpenID Connect server. */

const port = await freePort()
const url = `http://127.0.0.1:${port}`
const campus = await startCampusProvider(t, url)
await startLectern(t, {
  console: {
    PORT: String(port),
    OIDC_ISSUER: campus.issuer,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    OIDC_NAME: 'Campus',
    OIDC_ADMIN_EMAILS: 'boss@example.edu, Dean@Example.edu',
  },
})
const token = clientOf(url)
await token('POST /api/courses', { ...COURSE, startsOn: Temporal.Now.plainDateISO('UTC').toString() })

function invite(email: string, courses: object[] = []) {
  return token<{ id: string }>('POST /api/staff', { email, name: 'Invited', courses })
}

/** Somebody who wanted to go to a page signs in at the provider; answers where they end up and who they then are. */
async function signIn(subject: string, cookies = new Map<string, string>(), wanted?: string) {
  campus.signsIn = subject
  const end = await navigate(
    cookies,
    `${url}/auth/oidc/start?${new URLSearchParams(wanted ? { to: wanted } : {})}`,
    to => to.origin === url && !to.pathname.startsWith('/auth/'),
  )
  const { body } = await clientOf(url, null)<SessionBody>('GET /api/session', undefined, {
    cookie: `lectern=${cookies.get(`${url} lectern`) ?? ''}`,
  })
  return { to: end.url.pathname + end.url.search, user: body.user, cookies }
}

t.test('half a provider is none, and one that is away is a matter of time', async t => {
  const half = { NATS_URL: 'nats://a', ADMIN_TOKEN: 'a-staff-token-of-the-tests', OIDC_ISSUER: campus.issuer }
  t.throws(() => oidcSettingsOf(readConfig(Config, half)), /OIDC_ISSUER and OIDC_CLIENT_ID belong together/)
  t.throws(() => readConfig(Config, { ...half, OIDC_ISSUER: 'http://login.example.edu' }), /OIDC_ISSUER/)
  const away = {
    issuer: 'http://127.0.0.1:1',
    clientId: 'c',
    clientSecret: 's',
    name: 'n',
    adminEmails: new Set<string>(),
  }
  const oidc = createOidc(away)
  await t.rejects(oidc.begin(url), { code: 'service_unavailable' })
  away.issuer = campus.issuer
  t.match((await createOidc(away).begin(url)).url, /code_challenge_method=S256/)
})

t.test('the session says that there is a provider, and by what name', async t => {
  const { body } = await openBrowser(url).ask<SessionBody>('GET /api/session')
  t.same(body.signIn, { local: true, oidc: { name: 'Campus' } })
})

t.test('whoever was invited under a verified e-mail comes in, with their roles', async t => {
  const { body: invited } = await invite('ada@example.edu', [{ id: COURSE.id, role: 'assistant' }])
  campus.people.set('s-ada', { email: 'Ada@Example.edu', email_verified: true, name: 'Ada L.' })
  const { to, user, cookies } = await signIn('s-ada')
  t.equal(to, '/')
  t.match(user, { id: invited.id, isAdmin: false, courses: [{ role: 'assistant' }] })
  t.notOk(cookies.has(`${url} lectern-oidc`), 'nothing is left of the flow')
  campus.people.set('s-ada', { email: 'ada.king@example.edu', email_verified: true })
  t.match((await signIn('s-ada')).user, { id: invited.id }, 'by the subject, whatever the e-mail is now')
  const { body } = await token<{ items: AuditEntry[] }>('GET /api/audit?actor=ada@example.edu')
  t.match(body.items[0], { action: 'session.begin-by-provider', outcome: 'done', actorId: invited.id })
})

t.test('nobody else does: each for their own reason', async t => {
  const refusedFor = async (subject: string) => {
    const { to, user } = await signIn(subject)
    t.equal(user, null)
    return to
  }
  campus.people.set('s-stranger', { email: 'stranger@example.edu', email_verified: true })
  t.equal(await refusedFor('s-stranger'), '/sign-in?error=not_invited')
  await invite('eve@example.edu')
  campus.people.set('s-eve', { email: 'eve@example.edu', email_verified: false })
  t.equal(await refusedFor('s-eve'), '/sign-in?error=email_not_verified')
  campus.people.set('s-eve', { email: 'eve@example.edu' })
  t.equal(await refusedFor('s-eve'), '/sign-in?error=email_not_verified')
  campus.people.set('s-none', {})
  t.equal(await refusedFor('s-none'), '/sign-in?error=email_not_verified')
  campus.people.set('s-heir', { email: 'ada@example.edu', email_verified: true })
  t.equal(
    await refusedFor('s-heir'),
    '/sign-in?error=another_subject',
    'an address that was given to somebody else',
  )
  const { body } = await token<{ items: AuditEntry[] }>('GET /api/audit?actor=stranger@example.edu')
  t.match(body.items, [{ action: 'session.begin-by-provider', outcome: 'failed' }])
})

t.test('an e-mail of the operator’s list is an admin’s', async t => {
  t.match((await openBrowser(url).ask<SessionBody>('GET /api/session')).body.needsSetup, true)
  campus.people.set('s-boss', { email: 'Boss@Example.edu', email_verified: true, name: 'Boss' })
  t.match((await signIn('s-boss')).user, { email: 'boss@example.edu', name: 'Boss', isAdmin: true })
  campus.people.set('s-dean', { email: 'dean@example.edu', email_verified: false })
  t.equal((await signIn('s-dean')).user, null, 'not unverified')
  t.match((await openBrowser(url).ask<SessionBody>('GET /api/session')).body.needsSetup, false)
})

t.test('a person comes to the page that they wanted, and to no other site', async t => {
  const page = '/courses/ml-26/conversations?text=%E5%8D%95%E5%AD%90&week=2'
  t.equal((await signIn('s-boss', new Map(), page)).to, page)
  for (const foreign of ['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example'])
    t.equal((await signIn('s-boss', new Map(), foreign)).to, '/', foreign)
  const { to } = await signIn('s-stranger', new Map(), page)
  t.equal(
    to,
    `/sign-in?${new URLSearchParams({ error: 'not_invited', to: page })}`,
    'and may try another way',
  )
})

t.test('a session from before does not outlive the sign-in', async t => {
  const first = await signIn('s-boss')
  const before = first.cookies.get(`${url} lectern`)
  const { cookies } = await signIn('s-boss', first.cookies)
  t.not(cookies.get(`${url} lectern`), before)
  const old = await clientOf(url, null)('GET /api/courses', undefined, { cookie: `lectern=${before}` })
  t.equal(old.status, 401)
})

t.test('what comes back must be what was sent away: state, code and browser', async t => {
  const away = async (cookies = new Map<string, string>()) => {
    campus.signsIn = 's-boss'
    const { url: back } = await navigate(
      cookies,
      `${url}/auth/oidc/start`,
      to => to.pathname === '/auth/oidc/callback',
    )
    return { back, cookies }
  }
  const endOf = async (back: URL, cookies: Map<string, string>) => {
    const end = await navigate(cookies, back.href, to => !to.pathname.startsWith('/auth/'))
    t.notOk(cookies.has(`${url} lectern`), 'no session')
    return end.url.search
  }
  const victim = await away()
  t.equal(await endOf(victim.back, new Map()), '?error=expired', 'in another browser')
  const attacker = await away()
  t.equal(
    await endOf(attacker.back, victim.cookies),
    '?error=failed',
    'a code that a stranger has slipped in',
  )
  const state = await away()
  state.back.searchParams.set('state', 'x')
  t.equal(await endOf(state.back, state.cookies), '?error=failed')
  const code = await away()
  code.back.searchParams.set('code', 'x')
  t.equal(await endOf(code.back, code.cookies), '?error=failed')
  const issuer = await away()
  issuer.back.searchParams.set('iss', 'https://evil.example')
  t.equal(await endOf(issuer.back, issuer.cookies), '?error=failed', 'an answer of another provider')
  const right = await away()
  const flow = new Map(right.cookies)
  await navigate(right.cookies, right.back.href, to => to.pathname === '/')
  t.ok(right.cookies.has(`${url} lectern`))
  t.equal(await endOf(right.back, flow), '?error=failed', 'a code is used once')
})
