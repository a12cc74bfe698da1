import type { ReplyOf, RequestOf } from '@lectern/shared/contracts/call.ts'
import {
  AuthenticateCall,
  OwnBalanceCall,
  ReleaseCall,
  ReserveCall,
} from '@lectern/shared/contracts/quota.ts'
import type { Logger } from '@lectern/shared/log.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { askingTwice, requester } from '@lectern/shared/nats/requester.ts'
import { LRUCache } from 'lru-cache'
import { unavailable } from './unavailable.ts'

export type Identity = Extract<ReplyOf<typeof AuthenticateCall>, { known: true }>
export type Reservation = ReplyOf<typeof ReserveCall>
export type Granted = Extract<Reservation, { granted: true }>
export type Denied = Extract<Reservation, { granted: false }>
export type OwnBalance = ReplyOf<typeof OwnBalanceCall>

/** 20,000 keys are several universities; an entry is some hundred bytes. */
const MOST_IDENTITIES = 20_000
/** Only a hint for the prompt: each reservation decides about key, week and model anew. */
const IDENTITY_TTL_MS = 600_000

/** What the gateway asks the quota service. */
export interface QuotaClient {
  /** Who a key belongs to, from the cache if possible; null: nobody. */
  identify(keyHash: string): Promise<Identity | null>
  /** The same, asked now. */
  identifyNow(keyHash: string): Promise<Identity | null>
  /** Whether a key was good a short while ago. */
  isKnown(keyHash: string): boolean
  /** Forgets what was known about a key. */
  forget(keyHash: string): void
  /** Holds tokens; asked a second time with the same id when no answer came. Then whether a hold exists is unknown. */
  reserve(request: RequestOf<typeof ReserveCall>): Promise<Reservation>
  /** Ends a hold that nothing was sent for. Never rejects: should it get lost, the hold expires. */
  release(reservationId: string, keyHash: string): Promise<void>
  balance(keyHash: string): Promise<OwnBalance>
}

/** The client of the quota service on a bus. */
export function createQuotaClient(
  nc: NatsConnection,
  { log, timeoutMs }: { log: Logger; timeoutMs: number },
): QuotaClient {
  const authenticate = askingTwice(requester(nc, AuthenticateCall, { timeoutMs }))
  const reserve = askingTwice(requester(nc, ReserveCall, { timeoutMs }))
  const release = requester(nc, ReleaseCall, { timeoutMs })
  const balance = askingTwice(requester(nc, OwnBalanceCall, { timeoutMs }))
  const orUnavailable = (error: unknown): never => {
    throw unavailable(error)
  }
  const identities = new LRUCache<string, Identity>({ max: MOST_IDENTITIES, ttl: IDENTITY_TTL_MS })

  async function identifyNow(keyHash: string): Promise<Identity | null> {
    const reply = await authenticate({ keyHash }).catch(orUnavailable)
    if (reply.known) identities.set(keyHash, reply)
    else identities.delete(keyHash)
    return reply.known ? reply : null
  }

  return {
    identify: async keyHash => identities.get(keyHash) ?? identifyNow(keyHash),
    identifyNow,
    isKnown: keyHash => identities.has(keyHash),
    forget: keyHash => void identities.delete(keyHash),
    reserve: request => reserve(request).catch(orUnavailable),
    async release(reservationId, keyHash) {
      await release({ reservationId, keyHash }).catch((error: unknown) => {
        log.warn({ err: error, reservationId }, 'release did not arrive; the hold will expire')
      })
    },
    balance: keyHash => balance({ keyHash }).catch(orUnavailable),
  }
}
