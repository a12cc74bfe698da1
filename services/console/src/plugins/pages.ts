import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Where `web/build.ts` puts the pages. */
const BUILT = fileURLToPath(new URL('../../generated/pages/', import.meta.url))
/** Stands in the built page wherever the nonce of an answer belongs. */
const NONCE = /__NONCE__/g
/** Programs ask these; whatever is wrong there is said in JSON. */
const NOT_PAGES = /^\/(api|auth|healthz|readyz|openapi\.json|assets)(\/|\?|$)/

/**
 * Nothing but our own files. Components write some of their style sheets as elements, which the nonce of this one answer
 * lets through; styles in attributes and scripts in the page stay forbidden.
 */
const policy = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')

/** Answers a request for a page, or says that it was not one. */
export type SendPage = (request: FastifyRequest, reply: FastifyReply) => boolean

/**
 * Serves the built pages: files whose names change with their content for ever, the page itself never from a cache, and that
 * page too for the addresses that only it knows. Without a build there are none, and the API is as it is.
 */
export function servePages(app: FastifyInstance, folder = BUILT): SendPage {
  if (!existsSync(join(folder, 'index.html'))) {
    app.log.warn({ folder }, 'the pages are not built: `npm start` builds them')
    return () => false
  }
  const page = readFileSync(join(folder, 'index.html'), 'utf8')
  app.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    preCompressed: true,
    cacheControl: false,
    decorateReply: false,
    schemaHide: true,
    setHeaders: reply => reply.header('cache-control', 'public, max-age=31536000, immutable'),
  })
  return (request, reply) => {
    if (!isNavigation(request)) return false
    const nonce = randomBytes(16).toString('base64')
    reply
      .code(200)
      .header('content-security-policy', policy(nonce))
      .type('text/html; charset=utf-8')
      .send(page.replace(NONCE, nonce))
    return true
  }
}

/** Whether somebody opens an address in a browser, rather than a program or a page asking for data. */
function isNavigation({ method, url, headers }: FastifyRequest): boolean {
  const wantsPage = headers['sec-fetch-mode'] === 'navigate' || headers.accept?.includes('text/html')
  return (method === 'GET' || method === 'HEAD') && Boolean(wantsPage) && !NOT_PAGES.test(url)
}
