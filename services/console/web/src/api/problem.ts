import type { Fault } from '@lectern/shared/fault.ts'

/** What the API says when it does not do what was asked; `message` is English and for people. */
export class Problem extends Error {
  readonly status: number
  /** A code of the error catalogue, or `network` where there was no answer at all. */
  readonly code: string
  /** The field at fault, where one is. */
  readonly param: string | null
  readonly retryAfterSeconds: number | null
  readonly faults: readonly Fault[]

  constructor(
    status: number,
    code: string,
    message: string,
    param: string | null,
    retryAfterSeconds: number | null,
    faults: readonly Fault[] = [],
  ) {
    super(message)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.param = param
    this.retryAfterSeconds = retryAfterSeconds
    this.faults = faults
  }
}

/** Reads the body of an error answer, whatever it is. */
export function toProblem(response: Pick<Response, 'status' | 'headers'>, body: unknown): Problem {
  const error = (body as { error?: Record<string, unknown> } | undefined)?.error
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new Problem(
    response.status,
    text(error?.code) ?? 'internal_error',
    text(error?.message) ?? `The server answered ${response.status}.`,
    text(error?.param),
    Number.isFinite(seconds) ? seconds : null,
    Array.isArray(error?.faults) ? error.faults : [],
  )
}

/** The single faults of a refusal, or the one field that it names. */
export function faultsOf({ faults, param, message }: Pick<Problem, 'faults' | 'param' | 'message'>): Fault[] {
  if (faults.length > 0) return [...faults]
  return param ? [{ place: param, text: message }] : []
}
