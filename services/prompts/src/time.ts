import { LecternError } from '@lectern/shared/errors.ts'

/** A time to publish at is one that is, and is yet to come, which a schema cannot say. Throws `invalid_request`. */
export function checkTime(publishAt: string | undefined, nowMs: number): void {
  if (publishAt === undefined) return
  const atMs = Date.parse(publishAt)
  if (/^\d{4}-\d{2}-\d{2}T.+(Z|[+-]\d{2}:\d{2})$/.test(publishAt) && atMs > nowMs) return
  throw new LecternError('invalid_request', {
    message: Number.isNaN(atMs)
      ? 'publishAt is not a time: write it like 2026-11-26T08:00:00Z.'
      : 'publishAt must be a time in the future with its zone, like 2026-11-26T08:00:00Z; leave it out to publish now.',
    param: 'publishAt',
  })
}
