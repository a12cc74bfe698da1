import type { FastifyInstance } from 'fastify'

/** Answers are data for programs: nothing may keep, frame, sniff or run them. Without CORS headers no foreign page reads them. */
export const HEADERS = {
  // Keys are shown once, and rosters and conversations are personal.
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** Puts the security headers on every answer, errors included. */
export function addHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_, reply) => {
    reply.headers(HEADERS)
  })
}
