import type { Clock } from '@lectern/shared/clock.ts'
import { MintSessionKeyCall } from '@lectern/shared/contracts/me.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { LRUCache } from 'lru-cache'
import type { AskGateway, GatewayRequest } from './gateway.ts'
import { mintFor } from './minting.ts'
import { type SignedInStudent, signInFirst } from './student-sessions.ts'

/** A key is replaced so long before it expires: a request that begins now must be admitted with it. */
const BEFORE_MS = 60_000
/** Students who chat on this replica at once; another one's key is made again. */
const MOST_KEPT = 10_000

/**
 * Keys of sessions for the gateway, a few minutes each: their text is in this process's memory only, of any number of replicas
 * each has its own.
 */
export interface SessionKeys {
  of(student: SignedInStudent): Promise<string>
  /** The gateway does not take it any more. */
  forget(student: SignedInStudent): void
}

export function createSessionKeys(nc: NatsConnection, clock: Clock): SessionKeys {
  const mint = requester(nc, MintSessionKeyCall)
  const kept = new LRUCache<string, { text: string; untilMs: number }>({ max: MOST_KEPT })
  return {
    async of({ hash, me }) {
      const present = kept.get(hash)
      if (present && clock.nowMs() < present.untilMs) return present.text
      const { text, stored } = mintFor(me.course.id)
      const minted = await mint({ hash, key: stored })
      if (!minted.minted) throw signInFirst()
      kept.set(hash, { text, untilMs: minted.expiresAtMs - BEFORE_MS })
      return text
    },
    forget({ hash }) {
      kept.delete(hash)
    },
  }
}

/** The gateway as a student's own client would ask it. */
export function asStudent(ask: AskGateway, keys: SessionKeys) {
  return async (student: SignedInStudent, request: GatewayRequest): Promise<Response> => {
    const first = await ask(await keys.of(student), request)
    if (first.status !== 401) return first
    // Revoked or replaced meanwhile, at another replica: whoever is still signed in gets another one.
    await first.body?.cancel()
    keys.forget(student)
    return ask(await keys.of(student), request)
  }
}
