/**
 * The one catalogue of errors that a client of Lectern can meet. `docs/errors.md` lists the same codes
 * (a test compares them). Codes that OpenAI's clients know are kept as they are.
 */

import type { Fault } from './fault.ts'

interface CatalogueEntry {
  /** HTTP status. */
  readonly status: number
  /** OpenAI's coarse class of the error. */
  readonly type: string
  /** Safe public text, used when the thrower has nothing more exact to say. */
  readonly text: string
  /** False: the same request will be refused again, so clients are told not to retry by themselves. */
  readonly retryable: boolean
}

const entry = (status: number, type: string, retryable: boolean, text: string): CatalogueEntry => ({
  status,
  type,
  retryable,
  text,
})

export const CATALOGUE = {
  invalid_request: entry(400, 'invalid_request_error', false, 'The request is not valid.'),
  context_length_exceeded: entry(
    400,
    'invalid_request_error',
    false,
    'The messages are too long for this model.',
  ),
  provider_rejected: entry(400, 'invalid_request_error', false, 'The model provider refused this request.'),
  invalid_api_key: entry(
    401,
    'invalid_request_error',
    false,
    'This API key is not valid. Ask your course staff for a new one.',
  ),
  unauthorized: entry(401, 'invalid_request_error', false, 'Sign in first.'),
  wrong_credentials: entry(
    401,
    'invalid_request_error',
    false,
    'This e-mail and this password do not match.',
  ),
  forbidden: entry(403, 'invalid_request_error', false, 'Your role does not allow this.'),
  blocked_by_rule: entry(403, 'blocked_by_rule', false, 'A rule of your course blocks this request.'),
  own_keys_not_allowed: entry(
    403,
    'invalid_request_error',
    false,
    'Your course does not use provider keys of students. Ask your course staff.',
  ),
  own_key_refused: entry(
    403,
    'invalid_request_error',
    false,
    'Your own provider key was refused. Replace it, or delete it to use the budget of your course.',
  ),
  course_closed: entry(403, 'course_closed', false, 'Your course is not open at this time.'),
  model_not_found: entry(
    404,
    'invalid_request_error',
    false,
    'This model does not exist or your course does not allow it.',
  ),
  not_found: entry(404, 'invalid_request_error', false, 'There is nothing here by that name.'),
  conflict: entry(409, 'conflict', false, 'This contradicts what is already stored.'),
  request_too_large: entry(413, 'invalid_request_error', false, 'The request is too large.'),
  too_many_attempts: entry(
    429,
    'rate_limit_exceeded',
    false,
    'Too many tries to sign in. Wait before you try again.',
  ),
  insufficient_quota: entry(429, 'insufficient_quota', false, 'Your token budget of this week is used up.'),
  budget_in_use: entry(
    429,
    'budget_in_use',
    true,
    'Your remaining tokens are held by requests still running. Try again shortly.',
  ),
  rate_limit_exceeded: entry(
    429,
    'rate_limit_exceeded',
    true,
    'Too many requests or tokens within a minute. Slow down a little.',
  ),
  too_many_parallel_requests: entry(
    429,
    'rate_limit_exceeded',
    true,
    'Too many requests are running at once, yours or those of your whole course. Wait for one to finish.',
  ),
  internal_error: entry(500, 'server_error', true, 'Something went wrong on our side. It has been logged.'),
  provider_error: entry(502, 'server_error', true, 'The model provider failed to answer. Try again.'),
  service_unavailable: entry(
    503,
    'server_error',
    true,
    'Lectern is not ready to answer at the moment. Try again in a few seconds.',
  ),
  overloaded: entry(503, 'server_error', true, 'The server is busy. Try again in a few seconds.'),
  provider_timeout: entry(
    504,
    'server_error',
    true,
    'The model provider took too long to answer. Try again.',
  ),
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof CATALOGUE

export interface LecternErrorOptions {
  /** The public sentence; default: the catalogue's text. Never put internal detail here. */
  message?: string
  /** The request field at fault, in OpenAI's notation (`messages[0].role`). */
  param?: string | null
  /** What is wrong with the request, one by one; sent only where it is given. */
  faults?: readonly Fault[]
  /** How long the client should wait before it tries again. */
  retryAfterMs?: number
  /** The internal chain of causes: logged, never sent. */
  cause?: unknown
}

/** The only error that handlers throw on purpose: a code of the catalogue, a public text, an internal cause. */
export class LecternError extends Error {
  override readonly name: string = 'LecternError'
  readonly code: ErrorCode
  readonly param: string | null
  readonly faults: readonly Fault[] | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, options: LecternErrorOptions = {}) {
    const { stackTraceLimit } = Error
    // Where in our code a student's request was refused is of no interest, and finding out is a tenth of what a refusal costs.
    if (CATALOGUE[code].status < 500) Error.stackTraceLimit = 0
    super(options.message ?? CATALOGUE[code].text, { cause: options.cause })
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.param = options.param ?? null
    this.faults = options.faults
    this.retryAfterMs = options.retryAfterMs
  }

  get status(): number {
    return CATALOGUE[this.code].status
  }
}

/** The body of every error answer: OpenAI's shape. */
export interface ErrorBody {
  error: {
    message: string
    type: string
    param: string | null
    code: ErrorCode
    faults?: readonly Fault[]
  }
}

/** Whatever was thrown, as an error of the catalogue: what is not ours becomes `internal_error`, its text kept inside. */
export function toLecternError(thrown: unknown): LecternError {
  return thrown instanceof LecternError ? thrown : new LecternError('internal_error', { cause: thrown })
}

/** The JSON body of an error answer, or of the last frame of a broken stream. */
export function errorBody(error: LecternError): ErrorBody {
  const { message, code, param, faults } = error
  return { error: { message, type: CATALOGUE[code].type, param, code, ...(faults && { faults }) } }
}

/**
 * The headers of an error answer. `x-should-retry` is obeyed by OpenAI's own clients; `retry-after` is in whole
 * seconds (RFC 9110, 10.2.3), `retry-after-ms` is what OpenAI's clients read first.
 */
export function errorHeaders(error: LecternError): Record<string, string> {
  const headers: Record<string, string> = {}
  if (!CATALOGUE[error.code].retryable) headers['x-should-retry'] = 'false'
  if (error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterMs / 1000)))
    headers['retry-after-ms'] = String(Math.ceil(error.retryAfterMs))
  }
  return headers
}
