import { LecternError } from '@lectern/shared/errors.ts'
import { instantOf } from '@lectern/shared/instant.ts'

/** A time to publish at is yet to come, which a schema cannot say. Throws `invalid_request`. */
export function checkTime(publishAt: string | undefined, nowMs: number): void {
  if (publishAt === undefined || instantOf('publishAt', publishAt).getTime() > nowMs) return
  throw new LecternError('invalid_request', {
    message: 'publishAt must be a time in the future; leave it out to publish now.',
    param: 'publishAt',
  })
}
