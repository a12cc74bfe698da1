import { randomUUIDv7 } from 'node:crypto'
import swagger from '@fastify/swagger'
import { type Clock, systemClock } from '@lectern/shared/clock.ts'
import { observeRequests } from '@lectern/shared/fastify-requests.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import type { Needs } from '@lectern/shared/ops.ts'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { conversations } from './handlers/conversations.ts'
import { courses } from './handlers/courses.ts'
import { erasures } from './handlers/erasures.ts'
import { exportFile } from './handlers/export.ts'
import { grants } from './handlers/grants.ts'
import { health } from './handlers/health.ts'
import { importStudents } from './handlers/import-students.ts'
import { keys } from './handlers/keys.ts'
import { live } from './handlers/live.ts'
import { notes } from './handlers/notes.ts'
import { ops } from './handlers/ops.ts'
import { prompts } from './handlers/prompts.ts'
import { rules } from './handlers/rules.ts'
import { students } from './handlers/students.ts'
import { use } from './handlers/use.ts'
import { openApi } from './openapi.ts'
import { requireToken } from './plugins/auth.ts'
import { parseBodies } from './plugins/bodies.ts'
import { answerErrors, refuseBrokenAddress, refuseBrokenHttp } from './plugins/errors.ts'
import { addHeaders } from './plugins/headers.ts'
import { logRequests } from './plugins/log.ts'
import { validateByTypeBox } from './plugins/validation.ts'

export interface AppOptions {
  nc: NatsConnection
  log: FastifyBaseLogger
  needs: Needs
  adminToken: string
  gatewayUrl?: string | undefined
  clock?: Clock
  /** Whether the console has been asked to stop: connections are then closed as their answers end. */
  isStopping?: () => boolean
}

/** What each handler file gets: the bus on which it asks the owning services, and the time. */
export interface HandlerOptions {
  nc: NatsConnection
  clock: Clock
}

/** A roster of 2,000 students has some hundred kB, a prompt at most 800: 5 MB is plenty and still cheap to hold. */
const BODY_LIMIT_BYTES = 5 * 1024 * 1024
/** An upload of the body limit at 200 kB/s; Fastify's own default is to wait for ever. */
const REQUEST_TIMEOUT_MS = 30_000

const HANDLERS = [
  courses,
  importStudents,
  students,
  keys,
  grants,
  prompts,
  rules,
  conversations,
  exportFile,
  erasures,
  notes,
  use,
  live,
  ops,
]

/** Builds the HTTP API without listening. */
export async function createApp({
  nc,
  log,
  needs,
  adminToken,
  gatewayUrl,
  clock = systemClock,
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
    clientErrorHandler: refuseBrokenHttp,
    frameworkErrors: refuseBrokenAddress,
  })
  observeRequests(app)
  app.addHook('onRequest', async (_, reply) => {
    // Closed while idle, a connection could break just as its client sends the next request.
    if (isStopping()) reply.header('connection', 'close')
  })
  answerErrors(app)
  addHeaders(app)
  logRequests(app)
  parseBodies(app)
  validateByTypeBox(app)
  await app.register(swagger, openApi(gatewayUrl))
  await app.register(health, { needs })
  await app.register(
    async api => {
      requireToken(api, adminToken)
      for (const handler of HANDLERS) await api.register(handler, { nc, clock })
    },
    { prefix: '/api' },
  )
  await app.ready()
  return app
}
