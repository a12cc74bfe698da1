import type { Static, TSchema } from 'typebox'
import { LecternError } from './errors.ts'
import { validator } from './schema.ts'

/** A reply must fit into one message of the bus, whose limit is 1 MB where nobody has raised it. */
const MAX_PAGE_BYTES = 512 * 1024

export interface Page<T> {
  items: T[]
  next: string | null
}

/** The sort key of a page's last item, as the opaque text that clients send back. */
export function toCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** Reads cursors of one shape; what `toCursor` did not make is an `invalid_request`. */
export function cursorReader<T extends TSchema>(shape: T): (cursor: string) => Static<T> {
  const check = validator(shape)
  return cursor => {
    try {
      return check(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    } catch (cause) {
      throw new LecternError('invalid_request', {
        message: 'The cursor is not one that a page of this list gave.',
        param: 'cursor',
        cause,
      })
    }
  }
}

/**
 * Cuts what was found (one more than `limit`, where there is more) into a page: at most `limit` items, and, after the
 * first, only as many as fit into one message.
 */
export function toPage<T>(found: readonly T[], limit: number, cursorOf: (item: T) => string): Page<T> {
  let bytes = 0
  const end = found.findIndex((item, index) => {
    bytes += Buffer.byteLength(JSON.stringify(item))
    return index === limit || (index > 0 && bytes > MAX_PAGE_BYTES)
  })
  if (end === -1) return { items: [...found], next: null }
  const items = found.slice(0, end)
  return { items, next: items.length > 0 ? cursorOf(items[items.length - 1] as T) : null }
}
