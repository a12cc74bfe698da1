import type { Socket } from 'node:net'
import { errorBody, errorHeaders, LecternError, toLecternError } from '@lectern/shared/errors.ts'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HEADERS } from './headers.ts'
import type { SendPage } from './pages.ts'

/** Fastify's own refusals, as errors of the catalogue. What is not listed is a fault of ours. */
const REFUSALS: Record<string, (request: FastifyRequest) => LecternError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ({ routeOptions: { bodyLimit } }) =>
    new LecternError('request_too_large', {
      message: `The body is larger than the ${bodyLimit / 1024} KiB that are taken here. Send it in several parts.`,
    }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new LecternError('invalid_request', {
      message:
        'This content type is not understood: send `Content-Type: application/json`, or `text/csv` for a roster.',
    }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new LecternError('invalid_request', {
      message: 'The body does not have the length that its header says.',
    }),
}

/** Refuses an address that no route can have, before any route or hook is reached. */
export function refuseBrokenAddress(_: FastifyError, __: FastifyRequest, reply: FastifyReply): void {
  const message = 'The address is not valid: a part is too long, or a % is not followed by two hex digits.'
  send(reply.headers(HEADERS), new LecternError('invalid_request', { message }))
}

/** Answers whatever is thrown, and what no route knows, in the catalogue's shape; an address of a page is the page's to know. */
export function answerErrors(app: FastifyInstance, sendPage: SendPage): void {
  app.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const error = REFUSALS[thrown.code]?.(request) ?? toLecternError(thrown)
    if (error.status >= 500) request.log.error({ err: thrown }, 'request failed')
    send(reply, error)
  })
  app.setNotFoundHandler((request, reply) => {
    if (sendPage(request, reply)) return
    send(reply, new LecternError('not_found', { message: unknownRoute(request) }))
  })
}

function unknownRoute({ method, url }: FastifyRequest): string {
  const [path = '/'] = url.split('?')
  return `There is no ${method} ${path.slice(0, 200)} here. /openapi.json lists what there is.`
}

function send(reply: FastifyReply, error: LecternError): void {
  reply.code(error.status).headers(errorHeaders(error)).send(errorBody(error))
}

/** Answers what is not even HTTP, or comes too slowly: there is no request yet, only a socket. */
export function refuseBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const message =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'The request took too long to arrive.'
      : 'This is not a valid HTTP request.'
  const body = JSON.stringify(errorBody(new LecternError('invalid_request', { message })))
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
