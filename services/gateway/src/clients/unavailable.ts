import { LecternError } from '@lectern/shared/errors.ts'

const RETRY_AFTER_MS = 1000

/** Whatever keeps another service from answering: to a student it is one thing, and it passes. */
export function unavailable(cause: unknown): LecternError {
  const isSaid = cause instanceof LecternError && cause.code === 'service_unavailable'
  if (isSaid && cause.retryAfterMs !== undefined) return cause
  return new LecternError('service_unavailable', { retryAfterMs: RETRY_AFTER_MS, cause })
}
