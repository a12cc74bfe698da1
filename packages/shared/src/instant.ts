import { LecternError } from '@lectern/shared/errors.ts'

/** The instant that a request's field names. Without an offset it would mean another one on each machine: refused. */
export function instantOf(param: string, text: string): Date {
  try {
    return new Date(Temporal.Instant.from(text).epochMilliseconds)
  } catch (cause) {
    throw new LecternError('invalid_request', {
      message: `${param} must be a date-time like 2026-11-02T08:00:00Z.`,
      param,
      cause,
    })
  }
}
