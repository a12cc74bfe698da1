import type { ReplyOf, RequestOf } from '@lectern/shared/contracts/call.ts'
import {
  ListProviderKeysCall,
  PutProviderKeyCall,
  RemoveProviderKeyCall,
} from '@lectern/shared/contracts/provider-keys.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { NatsConnection } from '@lectern/shared/nats/connect.ts'
import { requester } from '@lectern/shared/nats/requester.ts'
import { unavailable } from './unavailable.ts'

/** What the gateway asks the quota service about students' own keys at providers; it sends them encrypted. */
export interface ProviderKeysClient {
  put(request: RequestOf<typeof PutProviderKeyCall>): Promise<ReplyOf<typeof PutProviderKeyCall>>
  list(request: RequestOf<typeof ListProviderKeysCall>): Promise<ReplyOf<typeof ListProviderKeysCall>>
  remove(request: RequestOf<typeof RemoveProviderKeyCall>): Promise<ReplyOf<typeof RemoveProviderKeyCall>>
}

export function createProviderKeysClient(
  nc: NatsConnection,
  { timeoutMs }: { timeoutMs: number },
): ProviderKeysClient {
  const orUnavailable = (error: unknown): never => {
    if (error instanceof LecternError && error.status < 500) throw error
    throw unavailable(error)
  }
  const put = requester(nc, PutProviderKeyCall, { timeoutMs })
  const list = requester(nc, ListProviderKeysCall, { timeoutMs })
  const remove = requester(nc, RemoveProviderKeyCall, { timeoutMs })
  return {
    put: request => put(request).catch(orUnavailable),
    list: request => list(request).catch(orUnavailable),
    remove: request => remove(request).catch(orUnavailable),
  }
}
