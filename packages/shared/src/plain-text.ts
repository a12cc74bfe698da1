import { LecternError } from './errors.ts'

/**
 * Refuses, anywhere in a question, text that Postgres cannot store as it is: it has no U+0000, and takes half of a surrogate pair
 * for another character, or for a fault of its own in a list or in JSON. Throws `invalid_request` that names the place.
 */
export function refuseUnstorable(value: unknown, place = ''): void {
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return
    throw new LecternError('invalid_request', {
      message: `${place} contains a character that is no text (U+0000 or half of a surrogate pair).`,
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
