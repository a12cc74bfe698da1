import { LecternError } from '@lectern/shared/errors.ts'
import { hashKey, isWellFormedKey } from '@lectern/shared/keys.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { QuotaClient } from '../clients/quota.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of the caller's key; empty outside the routes that need one. */
    keyHash: string
  }
}

const MINUTE_MS = 60_000
/** Short, because a new key must not stay refused for long after a copy-and-paste that came too early. */
const UNKNOWN_KEY_TTL_MS = 5000
const MOST_REMEMBERED = 50_000

export interface FloodOptions {
  badKeysPerMinute: number
  /** A key in use passes however many bad ones its address sends. */
  quota: Pick<QuotaClient, 'isKnown' | 'identify'>
}

/**
 * Finds out whose key it is before the body is read: a stranger's megabytes are never in memory. What cannot be a key is
 * refused without asking anybody (P10). Bad keys are counted by address; an address with too many of them gets answers for
 * keys in use only, because a whole campus may share it.
 */
export function guardKeys(app: FastifyInstance, { badKeysPerMinute, quota }: FloodOptions): void {
  const unknown = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: UNKNOWN_KEY_TTL_MS })
  // The entry's age is the window: it is not renewed by counting.
  const badByAddress = new LRUCache<string, { count: number }>({ max: MOST_REMEMBERED, ttl: MINUTE_MS })

  const count = (address: string): void => {
    const bad = badByAddress.get(address)
    if (bad) bad.count += 1
    else badByAddress.set(address, { count: 1 })
  }

  app.decorateRequest('keyHash', '')
  app.addHook('onRequest', (request, _, done) => {
    if (!request.routeOptions.url?.startsWith('/v1/')) return done()
    const key = keyOf(request)
    const keyHash = isWellFormedKey(key) ? hashKey(key) : null
    if (keyHash !== null && quota.isKnown(keyHash)) {
      request.keyHash = keyHash
      return done()
    }
    guard(request, key, keyHash).then(() => done(), done)
  })

  /** Throws for a key that is nobody's. */
  async function guard(request: FastifyRequest, key: string, keyHash: string | null): Promise<void> {
    if ((badByAddress.get(request.ip)?.count ?? 0) >= badKeysPerMinute) {
      const retryAfterMs = badByAddress.getRemainingTTL(request.ip)
      const message = 'Too many wrong API keys came from your network. Wait a minute.'
      throw new LecternError('rate_limit_exceeded', { message, retryAfterMs })
    }
    if (keyHash !== null && !unknown.has(keyHash)) {
      request.keyHash = keyHash
      if (await quota.identify(keyHash)) return
      unknown.set(keyHash, true)
    }
    count(request.ip)
    throw new LecternError('invalid_api_key', key === '' ? { message: MISSING_KEY } : {})
  }
}

const MISSING_KEY =
  'No API key was sent. Send yours in the header "Authorization: Bearer <key>" or "x-api-key: <key>".'

/** As OpenAI's clients send it, or as Anthropic's and Azure's do. */
function keyOf({ headers }: FastifyRequest): string {
  const [scheme = '', key = ''] = (headers.authorization ?? '').split(/\s+/, 2)
  if (scheme.toLowerCase() === 'bearer') return key
  return [headers['x-api-key'], headers['api-key']].find(value => typeof value === 'string') ?? ''
}
