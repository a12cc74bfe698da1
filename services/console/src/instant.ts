import { LecternError } from '@lectern/shared/errors.ts'
import { Type } from 'typebox'

/** A time in a query; `toInstant` reads it. */
export const instantQuery = (meaning: string) =>
  Type.Optional(Type.String({ maxLength: 40, description: `${meaning}; 2026-11-23 or 2026-11-23T08:00:00Z` }))

/** A time of a query as ISO 8601 in UTC. A date alone is its first moment in UTC. */
export function toInstant(param: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  // An unescaped `+` of a zone offset arrives as a space.
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00Z` : text.replace(/ (?=\d{2}:\d{2}$)/, '+')
  try {
    return Temporal.Instant.from(time).toString({ fractionalSecondDigits: 3 })
  } catch (cause) {
    const message = `${param} must be a date (2026-11-23) or a time with its zone (2026-11-23T08:00:00Z).`
    throw new LecternError('invalid_request', { message, param, cause })
  }
}
