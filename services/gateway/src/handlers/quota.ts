import { LecternError } from '@lectern/shared/errors.ts'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { QuotaClient } from '../clients/quota.ts'

/** The caller's week in tokens: granted = used + held + remaining. */
export const Quota = Type.Object({
  week: Type.Integer(),
  granted: Type.Integer(),
  used: Type.Integer(),
  held: Type.Integer(),
  remaining: Type.Integer(),
  resetsAt: Type.String({ format: 'date-time' }),
})

/** GET /v1/quota. */
export function showQuota({ quota }: { quota: QuotaClient }) {
  return async (request: FastifyRequest): Promise<Static<typeof Quota>> => {
    const own = await quota.balance(request.keyHash)
    if (!own.known) {
      if (own.reason === 'invalid_api_key') quota.forget(request.keyHash)
      throw new LecternError(own.reason)
    }
    const { week, granted, used, held, remaining, resetsAtMs } = own.balance
    return { week, granted, used, held, remaining, resetsAt: new Date(resetsAtMs).toISOString() }
  }
}
