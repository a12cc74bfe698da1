import { once } from 'node:events'
import type { Socket } from 'node:net'
import { errorBody, errorHeaders, LecternError, toLecternError } from '@lectern/shared/errors.ts'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { noteRefusal } from '../telemetry.ts'
import { within } from '../within.ts'

/** Long enough for 50 MB on a usual line; who takes longer is cut off after all. */
const DISCARD_MS = 10_000

const METHODS: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Every error answer of the gateway: the catalogue's code, OpenAI's shape, nothing internal. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler(async (thrown: FastifyError | LecternError, request, reply) => {
    if (thrown.code === 'FST_ERR_CTP_BODY_TOO_LARGE') await discardBody(request, reply)
    const error = fromFastify(thrown) ?? toLecternError(thrown)
    noteRefusal(request, error.code)
    const facts = { err: thrown, code: error.code, requestId: request.id }
    if (error.status === 500) request.log.error(facts, 'request failed')
    else if (error.status > 500) request.log.warn(facts, 'request could not be served')
    return sendError(reply, error, request)
  })
  app.setNotFoundHandler((request, reply) => {
    const [path = '/'] = request.url.split('?')
    const allowed = METHODS.filter(method => app.findRoute({ url: path, method }) !== null)
    if (allowed.length === 0) {
      return sendError(reply, new LecternError('not_found', { message: `There is nothing at ${path}.` }))
    }
    void reply.header('allow', allowed.join(', '))
    const message = `${request.method} is not possible at ${path}. Use ${allowed.join(' or ')}.`
    return sendError(reply, new LecternError('not_found', { message }))
  })
}

/**
 * Reads what is left of a body without keeping it. Closing the connection in the middle of an upload, as the framework
 * would, is a reset to many clients: they would never see why they were refused.
 */
async function discardBody({ raw }: FastifyRequest, reply: FastifyReply): Promise<void> {
  raw.resume()
  await within(DISCARD_MS, once(raw, 'end')).catch(() => undefined)
  if (raw.readableEnded) reply.removeHeader('connection')
}

/** The refusals that come before any route, for the options of the server. */
export const errorsOfTheFramework = {
  frameworkErrors: (thrown: FastifyError, _: FastifyRequest, reply: FastifyReply) =>
    void sendError(reply, fromFastify(thrown) ?? toLecternError(thrown)),
  clientErrorHandler(thrown: Error & { code?: string }, socket: Socket) {
    // What is not HTTP has no request to answer; a lost connection nobody to be told.
    if (!socket.writable) return
    const [status, message] = BAD_HTTP[thrown.code ?? ''] ?? ['400 Bad Request', 'This is not valid HTTP.']
    const body = JSON.stringify(errorBody(new LecternError('invalid_request', { message })))
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      () => socket.destroy(thrown),
    )
  },
}

/** Node's codes for what else may be wrong before there is a request. */
const BAD_HTTP: Record<string, [status: string, message: string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time.'],
}

/** Answers with an error of the catalogue, in the shape that the clients of its route know. */
export function sendError(reply: FastifyReply, error: LecternError, request?: FastifyRequest): FastifyReply {
  const id = String(reply.getHeader('x-request-id') ?? '')
  const body = request?.routeOptions.config.dialect?.errorBody(error, id) ?? errorBody(error)
  return reply.code(error.status).headers(errorHeaders(error)).send(body)
}

/** The framework's own refusals, in the catalogue's words. */
function fromFastify(thrown: FastifyError | LecternError): LecternError | null {
  if (thrown instanceof LecternError) return thrown
  switch (thrown.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new LecternError('request_too_large', { cause: thrown })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new LecternError('invalid_request', {
        message: 'The body must be JSON, with the header "content-type: application/json".',
        cause: thrown,
      })
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new LecternError('invalid_request', { message: 'The body is empty.', cause: thrown })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new LecternError('invalid_request', { message: 'The body is not valid JSON.', cause: thrown })
  }
  const isOfClient = thrown.statusCode !== undefined && thrown.statusCode >= 400 && thrown.statusCode < 500
  return isOfClient ? new LecternError('invalid_request', { cause: thrown }) : null
}
