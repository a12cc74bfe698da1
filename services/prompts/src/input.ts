import { LecternError } from '@lectern/shared/errors.ts'

/** What a schema cannot say about the fields that staff fill in. Each throws `invalid_request`. */

/** A range of weeks does not run backwards. */
export function checkWeeks({ fromWeek, toWeek }: { fromWeek: number; toWeek: number }): void {
  if (fromWeek <= toWeek) return
  throw new LecternError('invalid_request', {
    message: `The first week (${fromWeek}) comes after the last (${toWeek}).`,
    param: 'toWeek',
  })
}

/**
 * Text that can be stored as it is: Postgres has no U+0000, and would silently replace half of a surrogate pair, so that
 * what is in force would differ from what was published.
 */
export function checkText(param: string, text: string): void {
  if (!text.includes('\0') && text.isWellFormed()) return
  throw new LecternError('invalid_request', {
    message: `${param} contains a character that is no text (U+0000 or half of a surrogate pair).`,
    param,
  })
}
