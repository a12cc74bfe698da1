import { LecternError } from '@lectern/shared/errors.ts'

/** A refusal of one field of a request: `param` names it (`messages[0].content`), `problem` goes on from there. */
export function invalid(param: string, problem: string): LecternError {
  return new LecternError('invalid_request', { message: `${param} ${problem}.`, param })
}

/** A value as an object, whose fields are still unknown. Throws `invalid_request` for everything else. */
export function objectAt(value: unknown, param: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw invalid(param, 'must be an object')
}

/** A value as a list. Throws `invalid_request` for everything else. */
export function listAt(value: unknown, param: string): unknown[] {
  if (Array.isArray(value)) return value
  throw invalid(param, 'must be a list')
}

/** A value as a text. Throws `invalid_request` for everything else. */
export function textAt(value: unknown, param: string): string {
  if (typeof value === 'string') return value
  throw invalid(param, 'must be a string')
}
