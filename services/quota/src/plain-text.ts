import { LecternError } from '@lectern/shared/errors.ts'

/** Refuses U+0000 anywhere in a question: Postgres cannot store it, and would answer with an error of its own. */
export function refuseNul(value: unknown, place = ''): void {
  if (typeof value === 'string') {
    if (!value.includes('\0')) return
    throw new LecternError('invalid_request', {
      message: `${place} must not contain the NUL character.`,
      param: place,
    })
  }
  if (Array.isArray(value)) value.forEach((item, index) => void refuseNul(item, `${place}[${index}]`))
  else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) refuseNul(item, place ? `${place}.${name}` : name)
  }
}
