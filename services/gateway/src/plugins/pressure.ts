import { monitorEventLoopDelay } from 'node:perf_hooks'
import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyInstance } from 'fastify'

export interface PressureOptions {
  mostOpenRequests: number
  mostEventLoopDelayMs: number
}

/** A second is long enough that one slow turn is not yet a trend, short enough to shed load before clients give up. */
const SAMPLE_MS = 1000
const RETRY_AFTER_MS = 2000
/** Bodies are kept until their record is written; 512 MiB are 50,000 usual ones, or a hundred with photographs. */
const MOST_OPEN_BYTES = 512 * 1024 ** 2

/**
 * Refuses new requests while too many are open or the event loop lags: those already running then finish, instead of all
 * becoming slow together. The routes outside `/v1` (health) are always answered.
 */
export function refuseUnderPressure(
  app: FastifyInstance,
  { mostOpenRequests, mostEventLoopDelayMs }: PressureOptions,
): void {
  let open = 0
  let openBytes = 0
  let delayMs = 0
  const histogram = monitorEventLoopDelay({ resolution: 20 })
  histogram.enable()
  const timer = setInterval(() => {
    delayMs = histogram.mean / 1e6
    histogram.reset()
  }, SAMPLE_MS).unref()
  app.addHook('onClose', async () => {
    clearInterval(timer)
    histogram.disable()
  })

  app.addHook('onRequest', (request, reply, done) => {
    if (!request.routeOptions.url?.startsWith('/v1/')) return done()
    // Who does not say how long the body is may send as much as is allowed.
    const { method, headers } = request
    const bytes = method === 'GET' ? 0 : Number(headers['content-length'] ?? request.routeOptions.bodyLimit)
    if (open >= mostOpenRequests || openBytes + bytes > MOST_OPEN_BYTES || delayMs > mostEventLoopDelayMs) {
      request.log.warn({ open, openBytes, delayMs: Math.round(delayMs) }, 'overloaded: a request was refused')
      return done(new LecternError('overloaded', { retryAfterMs: RETRY_AFTER_MS }))
    }
    open += 1
    openBytes += bytes
    reply.raw.once('close', () => {
      open -= 1
      openBytes -= bytes
    })
    done()
  })
}
