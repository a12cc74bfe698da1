import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyReply } from 'fastify'

/** Where the gateway is; undefined: nobody has said. */
export interface GatewayAddress {
  /** As students reach it. */
  publicUrl: string | undefined
  /** As the console reaches it, where that is another address. */
  internalUrl: string | undefined
}

/** What a gateway is asked: a POST where there is a body. */
export interface GatewayRequest {
  path: string
  body?: unknown
  signal: AbortSignal
}

/** The gateway as every client asks it, with a key, so that nothing goes around a budget. Throws `service_unavailable`. */
export type AskGateway = (key: string, request: GatewayRequest) => Promise<Response>

export function createAskGateway({ publicUrl, internalUrl }: GatewayAddress): AskGateway {
  const baseUrl = internalUrl ?? publicUrl
  return async (key, { path, body, signal }) => {
    if (baseUrl === undefined) {
      throw new LecternError('service_unavailable', {
        message: 'The console does not know the gateway: whoever runs this Lectern sets GATEWAY_URL.',
      })
    }
    try {
      return await fetch(new URL(path, baseUrl), {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal,
      })
    } catch (cause) {
      throw new LecternError('service_unavailable', { retryAfterMs: 1000, cause })
    }
  }
}

/** Of the gateway's answer; everything else is the console's own, or none of a page's. */
const PASSED = ['content-type', 'retry-after', 'x-should-retry', 'x-request-id', 'x-lectern-remaining-tokens']

/** Hands an answer on as it comes, and no faster than it is read. */
export function pass(answer: Response, reply: FastifyReply): FastifyReply {
  for (const name of PASSED) {
    const value = answer.headers.get(name)
    if (value !== null) reply.header(name, value)
  }
  const body = answer.body ? Readable.fromWeb(answer.body as ReadableStream) : ''
  return reply.code(answer.status).send(body)
}

/** Aborted when whoever asked leaves: the gateway then stops the provider and charges for what came (P5). */
export function leavingOf({ raw }: FastifyReply): AbortSignal {
  const left = new AbortController()
  raw.once('close', () => left.abort())
  return left.signal
}
