import { randomUUIDv7 } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { SignInByProviderCall, StaffEmail } from '@lectern/shared/contracts/staff.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { returnPathOf } from '@lectern/shared/return-path.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { createOidc, type Flow, type OidcSettings, type Vouched } from '../oidc.ts'
import { closedObject, failures } from '../schemas.ts'
import type { SignIn } from '../sign-in.ts'
import type { Site } from '../site.ts'

export interface OidcOptions extends SignIn {
  site: Site
  /** Null: there is no provider. */
  settings: OidcSettings | null
}

/** A person comes back by a link, not by a program: what went wrong is told by the page that they see then. */
type Failure =
  | 'no_provider'
  | 'provider_away'
  | 'expired'
  | 'failed'
  | 'too_many_attempts'
  | 'email_not_verified'
  | 'not_invited'
  | 'another_subject'

/** Whoever is longer at the provider begins again. */
const FLOW_S = 600
const isEmail = Compile(StaffEmail)
const isFlow = Compile(
  Type.Object({
    verifier: Type.String(),
    state: Type.String(),
    nonce: Type.String(),
    to: Type.Optional(Type.String()),
  }),
)
const response = {
  302: Type.Null({ description: 'to the provider, or to a page of the console' }),
  ...failures,
}
const tags = ['session']
const open = { tags, security: [] }

/** Signing in by the campus' OpenID Connect provider, for whoever was invited under a verified e-mail. */
export const oidcSignIn: FastifyPluginAsyncTypebox<OidcOptions> = async (app, options) => {
  const { nc, site, settings, sessions, takeTry } = options
  const oidc = settings && createOidc(settings)
  const signInByProvider = requester(nc, SignInByProviderCall)
  const cookie = { path: '/', httpOnly: true, secure: site.cookie.secure, sameSite: 'lax' as const }
  const cookieName = `${site.cookie.name}-oidc`
  const fail = (reply: FastifyReply, error: Failure, to = '/') =>
    reply.redirect(`/sign-in?${new URLSearchParams({ error, ...(to !== '/' && { to }) })}`)

  app.get(
    '/start',
    {
      schema: {
        ...open,
        summary: "Sign in by the campus' provider: a page to go to, not a call",
        querystring: closedObject({
          to: Type.Optional(Type.String({ description: 'a page of the console to come back to' })),
        }),
        response,
      },
    },
    async (request, reply) => {
      const to = returnPathOf(request.query.to)
      if (!oidc) return fail(reply, 'no_provider', to)
      const begun = await oidc.begin(callbackOf(site, request)).catch((err: unknown) => {
        if (err instanceof LecternError && err.code === 'forbidden') throw err
        request.log.error({ err }, 'the OpenID Connect provider does not answer')
      })
      if (!begun) return fail(reply, 'provider_away', to)
      reply.setCookie(cookieName, JSON.stringify({ ...begun.flow, to }), { ...cookie, maxAge: FLOW_S })
      return reply.redirect(begun.url)
    },
  )

  app.get(
    '/callback',
    { schema: { ...open, summary: 'Where the provider sends a person back to', response } },
    async (request, reply) => {
      if (!oidc) return fail(reply, 'no_provider')
      const flow = readFlow(request.cookies[cookieName])
      reply.clearCookie(cookieName, cookie)
      if (!flow) return fail(reply, 'expired')
      const to = returnPathOf(flow.to)
      if (await isTooOften(request)) return fail(reply, 'too_many_attempts', to)
      const here = new URL(callbackOf(site, request))
      here.search = new URL(request.url, here).search
      const vouched = await oidc.finish(here, flow).catch((err: unknown) => {
        request.log.warn({ err }, 'sign-in by OpenID Connect failed')
      })
      if (!vouched) return fail(reply, 'failed', to)
      const failure = await enter(request, reply, vouched)
      return failure ? fail(reply, failure, to) : reply.redirect(to)
    },
  )

  async function isTooOften(request: FastifyRequest): Promise<boolean> {
    try {
      await takeTry(request)
      return false
    } catch (error) {
      if (error instanceof LecternError && error.code === 'too_many_attempts') return true
      throw error
    }
  }

  async function enter(
    request: FastifyRequest,
    reply: FastifyReply,
    { subject, email, emailVerified, name }: Vouched,
  ): Promise<Failure | null> {
    request.tried = email ?? subject
    if (email === undefined || !emailVerified || !isEmail.Check(email)) return 'email_not_verified'
    const { session, keep } = sessions.begin(request)
    const entered = await signInByProvider({
      subject,
      email,
      name: (name ?? email).slice(0, 200),
      makeAdmin: settings?.adminEmails.has(email.toLowerCase()) ?? false,
      staffId: randomUUIDv7(),
      session,
    })
    if (!entered.accepted) return entered.reason
    keep(reply, entered.user)
    return null
  }
}

function callbackOf(site: Site, request: FastifyRequest): string {
  const origin = site.originOf(request)
  if (origin !== null) return `${origin}/auth/oidc/callback`
  throw new LecternError('forbidden', {
    message: 'People sign in here only where CONSOLE_URL names this address.',
  })
}

/** What nobody else could have put there over https: the cookie's name begins with `__Host-`. */
function readFlow(text: string | undefined): (Flow & { to?: string }) | null {
  try {
    const flow: unknown = JSON.parse(text ?? '')
    return isFlow.Check(flow) ? flow : null
  } catch {
    return null
  }
}
