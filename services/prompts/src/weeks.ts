import { LecternError } from '@lectern/shared/errors.ts'

/** A range of weeks does not run backwards, which a schema cannot say. Throws `invalid_request`. */
export function checkWeeks({ fromWeek, toWeek }: { fromWeek: number; toWeek: number }): void {
  if (fromWeek <= toWeek) return
  throw new LecternError('invalid_request', {
    message: `The first week (${fromWeek}) comes after the last (${toWeek}).`,
    param: 'toWeek',
  })
}
