import { monitorEventLoopDelay } from 'node:perf_hooks'
import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyInstance } from 'fastify'

export interface PressureOptions {
  mostOpenRequests: number
  mostEventLoopDelayMs: number
}

/** Each sample is the mean of so long; a turn that takes longer is one by itself. */
const SAMPLE_MS = 1000
/** A machine that stood still for a moment has slow turns and goes on; who has so many slow samples in a row has too much to do. */
const SLOW_SAMPLES = 3
/** The histogram's own timer: what it counts is the time between its turns. */
const RESOLUTION_MS = 20
const RETRY_AFTER_MS = 2000
/** Bodies are kept until their record is written; 512 MiB are 50,000 usual ones, or a hundred with photographs. */
const MOST_OPEN_BYTES = 512 * 1024 ** 2

/** Whether the event loop lags, and not only for a moment. */
export class Lag {
  readonly #mostDelayMs: number
  #slowSamples = 0

  constructor(mostDelayMs: number) {
    this.#mostDelayMs = mostDelayMs
  }

  /** Takes the mean delay of another sample. */
  learn(delayMs: number): void {
    this.#slowSamples = delayMs > this.#mostDelayMs ? this.#slowSamples + 1 : 0
  }

  get isLasting(): boolean {
    return this.#slowSamples >= SLOW_SAMPLES
  }
}

/**
 * Refuses new requests while too many are open or the event loop keeps lagging: those already running then finish, instead of
 * all becoming slow together. A stall that is over refuses nobody. The routes outside `/v1` (health) are always answered.
 */
export function refuseUnderPressure(
  app: FastifyInstance,
  { mostOpenRequests, mostEventLoopDelayMs }: PressureOptions,
): void {
  let open = 0
  let openBytes = 0
  let delayMs = 0
  const lag = new Lag(mostEventLoopDelayMs)
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  const timer = setInterval(() => {
    delayMs = histogram.mean / 1e6 - RESOLUTION_MS
    lag.learn(delayMs)
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
    if (open >= mostOpenRequests || openBytes + bytes > MOST_OPEN_BYTES || lag.isLasting) {
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
