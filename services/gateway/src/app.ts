import { randomUUIDv7 } from 'node:crypto'
import swagger from '@fastify/swagger'
import { LecternError } from '@lectern/shared/errors.ts'
import { observeRequests } from '@lectern/shared/fastify-requests.ts'
import type { Needs } from '@lectern/shared/ops.ts'
import { validator } from '@lectern/shared/schema.ts'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { TSchema } from 'typebox'
import type { ProviderKeysClient } from './clients/provider-keys.ts'
import type { Config } from './config.ts'
import { DOORS } from './doors/doors.ts'
import { MESSAGES_DIALECT } from './doors/messages-dialect.ts'
import { CountTokensBody } from './doors/messages-request.ts'
import { type CompletionParts, completions } from './handlers/completions.ts'
import { countTokens, TokenCount } from './handlers/count-tokens.ts'
import { healthz, readyz } from './handlers/health.ts'
import { listModels, Model, ModelList, showModel } from './handlers/models.ts'
import { addProviderKeyRoutes } from './handlers/provider-keys.ts'
import { Quota, showQuota } from './handlers/quota.ts'
import { answerErrors, errorsOfTheFramework } from './plugins/errors.ts'
import { guardKeys } from './plugins/flood.ts'
import { refuseUnderPressure } from './plugins/pressure.ts'
import { decorateRequests } from './telemetry.ts'

export interface AppParts extends CompletionParts {
  config: Config
  needs: Needs
  /** Whether the gateway has been asked to stop: connections are then closed as their answers end. */
  isStopping(): boolean
  providerKeys: ProviderKeysClient
}

/** How long a slow client may take to send its request; 4 MiB in a minute is a poor mobile link. */
const REQUEST_TIMEOUT_MS = 60_000
const HEADERS_TIMEOUT_MS = 20_000
/** Longer than the idle time of usual balancers (60 s): who closes first decides who sees the reset. */
const KEEP_ALIVE_MS = 75_000
/** Longest public name of a model. */
const MOST_NAME_LENGTH = 200

/** The HTTP side of the gateway: plugins and routes, not yet listening. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, log } = parts
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    // A line per request would cost more than its reservation; failures are logged where they are understood.
    // Each line has the request's id already; a logger for each request is a kilobyte that a stream would keep.
    childLoggerFactory: logger => logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUIDv7(),
    bodyLimit: config.MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    trustProxy:
      config.TRUSTED_PROXIES === '' ? false : config.TRUSTED_PROXIES.split(',').map(text => text.trim()),
    routerOptions: { maxParamLength: MOST_NAME_LENGTH },
    return503OnClosing: false,
    ...errorsOfTheFramework,
    exposeHeadRoutes: false,
  })
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(({ schema }) => {
    const check = validator(schema as TSchema)
    return value => {
      try {
        return { value: check(value) }
      } catch (error) {
        return { error: error as Error }
      }
    }
  })
  observeRequests(app)
  decorateRequests(app)
  answerErrors(app)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    const { requestIdHeader } = request.routeOptions.config.dialect ?? {}
    if (requestIdHeader) reply.header(requestIdHeader, request.id)
    if (!parts.isStopping()) return done()
    reply.header('connection', 'close')
    const isLate = request.routeOptions.url?.startsWith('/v1/') && !app.server.listening
    if (isLate) done(new LecternError('service_unavailable', { retryAfterMs: 1000 }))
    else done()
  })
  refuseUnderPressure(app, {
    mostOpenRequests: config.MAX_OPEN_REQUESTS,
    mostEventLoopDelayMs: config.MAX_EVENT_LOOP_DELAY_MS,
  })
  guardKeys(app, { badKeysPerMinute: config.BAD_KEYS_PER_MINUTE, quota: parts.admission.quota })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Lectern gateway', version: '1', description: 'OpenAI-compatible API for students' },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
  })
  addRoutes(app, parts)
  return app
}

function addRoutes(app: FastifyInstance, parts: AppParts): void {
  const { registry, needs } = parts
  const { quota } = parts.admission
  // Routes are registered when swagger is ready to see them.
  app.after(() => {
    for (const door of DOORS) {
      const { endpoint, summary, body } = door
      app.post(
        endpoint,
        { schema: { summary, body }, config: { door, dialect: door } },
        completions(parts, door),
      )
    }
    app.post(
      '/v1/messages/count_tokens',
      {
        schema: {
          summary: 'How many tokens a message would be read as; costs nothing',
          body: CountTokensBody,
          response: { 200: TokenCount },
        },
        config: { dialect: MESSAGES_DIALECT },
      },
      countTokens(parts),
    )
    const modelsParts = { quota, registry }
    app.get(
      '/v1/models',
      { schema: { summary: 'Models that your course allows', response: { 200: ModelList } } },
      listModels(modelsParts),
    )
    app.get(
      '/v1/models/*',
      { schema: { summary: 'One model', response: { 200: Model } } },
      showModel(modelsParts),
    )
    app.get(
      '/v1/quota',
      { schema: { summary: 'Your tokens of this week', response: { 200: Quota } } },
      showQuota({ quota }),
    )
    addProviderKeyRoutes(app, { ...parts, quota })
    app.get('/healthz', { schema: { hide: true } }, healthz)
    app.get('/readyz', { schema: { hide: true } }, readyz(needs))
    app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  })
}
