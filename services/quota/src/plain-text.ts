import { LecternError } from '@lectern/shared/errors.ts'

/**
 * Refuses, anywhere in a question, what Postgres cannot store and would answer with an error of its own: U+0000, and half of a
 * surrogate pair (in a list or in JSON; elsewhere it would silently become another character).
 */
export function refuseUnstorable(value: unknown, place = ''): void {
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return
    throw new LecternError('invalid_request', {
      message: `${place} must not contain the NUL character or half of a surrogate pair.`,
      param: place,
    })
  }
  if (Array.isArray(value)) value.forEach((item, index) => void refuseUnstorable(item, `${place}[${index}]`))
  else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      // Where the names are data: those of models.
      refuseUnstorable(name, place)
      refuseUnstorable(item, place ? `${place}.${name}` : name)
    }
  }
}
