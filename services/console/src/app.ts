import { randomUUIDv7 } from 'node:crypto'
import cookie from '@fastify/cookie'
import swagger from '@fastify/swagger'
import { type Clock, systemClock } from '@lectern/shared/clock.ts'
import { observeRequests } from '@lectern/shared/fastify-requests.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import type { Needs } from '@lectern/shared/ops.ts'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { createCourseOf } from './course-of.ts'
import type { GatewayAddress } from './gateway.ts'
import { audit } from './handlers/audit.ts'
import { bulkGrants } from './handlers/bulk-grants.ts'
import { conversations } from './handlers/conversations.ts'
import { courseStaff } from './handlers/course-staff.ts'
import { courses } from './handlers/courses.ts'
import { erasures } from './handlers/erasures.ts'
import { exportFile } from './handlers/export.ts'
import { grants } from './handlers/grants.ts'
import { health } from './handlers/health.ts'
import { importRoster } from './handlers/import-roster.ts'
import { importStudents } from './handlers/import-students.ts'
import { join } from './handlers/join.ts'
import { keys } from './handlers/keys.ts'
import { links } from './handlers/links.ts'
import { live } from './handlers/live.ts'
import { me } from './handlers/me.ts'
import { models } from './handlers/models.ts'
import { notes } from './handlers/notes.ts'
import { oidcSignIn } from './handlers/oidc.ts'
import { ops } from './handlers/ops.ts'
import { ownChat } from './handlers/own-chat.ts'
import { ownConversations } from './handlers/own-conversations.ts'
import { prompts } from './handlers/prompts.ts'
import { rules } from './handlers/rules.ts'
import { session } from './handlers/session.ts'
import { staff } from './handlers/staff.ts'
import { students } from './handlers/students.ts'
import { trials } from './handlers/trials.ts'
import { use } from './handlers/use.ts'
import type { OidcSettings } from './oidc.ts'
import { openApi } from './openapi.ts'
import { auditRequests } from './plugins/audit.ts'
import { guardRoutes } from './plugins/auth.ts'
import { parseBodies } from './plugins/bodies.ts'
import { foreignPageRefusal } from './plugins/cross-site.ts'
import { answerErrors, refuseBrokenAddress, refuseBrokenHttp } from './plugins/errors.ts'
import { addHeaders } from './plugins/headers.ts'
import { logRequests } from './plugins/log.ts'
import { servePages } from './plugins/pages.ts'
import { validateByTypeBox } from './plugins/validation.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createDescribe, type SignIn } from './sign-in.ts'
import { createSite, type Site } from './site.ts'
import { createStudentSessions, type StudentSessions } from './student-sessions.ts'
import { createTakeTry } from './tries.ts'

export interface AppOptions {
  nc: NatsConnection
  log: FastifyBaseLogger
  needs: Needs
  adminToken: string
  /** Where browsers reach the console; undefined: on this machine only. */
  consoleUrl?: string | undefined
  oidc?: OidcSettings | null
  gatewayUrl?: string | undefined
  /** Where the console itself reaches the gateway; undefined: at `gatewayUrl`. */
  gatewayInternalUrl?: string | undefined
  clock?: Clock
  /** Whose `X-Forwarded-For` is believed. */
  trustedProxies?: string[]
  /** Whether the console has been asked to stop: connections are then closed as their answers end. */
  isStopping?: () => boolean
}

/** What each handler file gets: the bus on which it asks the owning services, where our own pages are, who has signed in, and the time. */
export interface HandlerOptions {
  nc: NatsConnection
  site: Site
  sessions: Sessions
  clock: Clock
  gateway: GatewayAddress
}

/** A roster of 2,000 students has some hundred kB, a prompt at most 800: 5 MB is plenty and still cheap to hold. */
const BODY_LIMIT_BYTES = 5 * 1024 * 1024
/** An upload of the body limit at 200 kB/s; Fastify's own default is to wait for ever. */
const REQUEST_TIMEOUT_MS = 30_000

const HANDLERS = [
  staff,
  courseStaff,
  courses,
  importStudents,
  importRoster,
  students,
  keys,
  grants,
  bulkGrants,
  prompts,
  trials,
  models,
  rules,
  conversations,
  exportFile,
  erasures,
  notes,
  use,
  audit,
  live,
  ops,
]

/** Builds the HTTP API without listening. */
export async function createApp({
  nc,
  log,
  needs,
  adminToken,
  consoleUrl,
  oidc = null,
  gatewayUrl,
  gatewayInternalUrl,
  clock = systemClock,
  trustedProxies = [],
  isStopping = () => false,
}: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: log,
    // It travels with what is asked of other services, and is in their logs.
    genReqId: () => randomUUIDv7(),
    // One line for each answer instead, without the query: a search is what somebody wrote.
    logController: new LogController({ disableRequestLogging: true }),
    // While it stops, what still arrives on open connections is answered, not refused in Fastify's own shape.
    return503OnClosing: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A student id of 80 characters, each percent-encoded.
    routerOptions: { maxParamLength: 240 },
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    clientErrorHandler: refuseBrokenHttp,
    frameworkErrors: refuseBrokenAddress,
  })
  observeRequests(app)
  app.addHook('onRequest', async (_, reply) => {
    // Closed while idle, a connection could break just as its client sends the next request.
    if (isStopping()) reply.header('connection', 'close')
  })
  answerErrors(app, servePages(app))
  addHeaders(app)
  logRequests(app)
  parseBodies(app)
  validateByTypeBox(app)
  await app.register(cookie)
  const site = createSite(consoleUrl)
  const students = createStudentSessions(nc, site)
  const signIn = guard(app, { nc, adminToken, site, oidc, students })
  auditRequests(app, nc)
  await app.register(swagger, openApi(gatewayUrl))
  await app.register(health, { needs })
  await app.register(oidcSignIn, { ...signIn, site, settings: oidc, prefix: '/auth/oidc' })
  await app.register(
    async api => {
      await api.register(session, signIn)
      await api.register(links, signIn)
      const gateway = { publicUrl: gatewayUrl, internalUrl: gatewayInternalUrl }
      const page = { nc, clock, sessions: students, gateway }
      for (const handler of [join, me, ownConversations, ownChat]) await api.register(handler, page)
      const options = { nc, site, sessions: signIn.sessions, clock, gateway }
      for (const handler of HANDLERS) await api.register(handler, options)
    },
    { prefix: '/api' },
  )
  await app.ready()
  return app
}

/** Who may come in, for all routes that are registered after it; answers what the ways in need. */
function guard(
  app: FastifyInstance,
  {
    nc,
    adminToken,
    site,
    oidc,
    students,
  }: Pick<AppOptions, 'nc' | 'adminToken'> & {
    site: Site
    oidc: OidcSettings | null
    students: StudentSessions
  },
): SignIn {
  const sessions = createSessions(nc, site)
  const courseOf = createCourseOf(nc)
  guardRoutes(app, { adminToken, sessions, students, courseOf, refuseForeignPages: foreignPageRefusal(site) })
  return { nc, sessions, takeTry: createTakeTry(nc), describe: createDescribe(nc, oidc) }
}
