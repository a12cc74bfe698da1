import type { ErrorCode, LecternError } from '@lectern/shared/errors.ts'
import type { Dialect } from './door.ts'

/** Anthropic's names for kinds of errors. */
type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error'
  | 'timeout_error'
  | 'overloaded_error'

const ERROR_TYPES: Record<ErrorCode, ErrorType> = {
  invalid_request: 'invalid_request_error',
  context_length_exceeded: 'invalid_request_error',
  provider_rejected: 'invalid_request_error',
  conflict: 'invalid_request_error',
  invalid_api_key: 'authentication_error',
  unauthorized: 'authentication_error',
  wrong_credentials: 'authentication_error',
  forbidden: 'permission_error',
  blocked_by_rule: 'permission_error',
  own_keys_not_allowed: 'permission_error',
  own_key_refused: 'permission_error',
  course_closed: 'permission_error',
  model_not_found: 'not_found_error',
  not_found: 'not_found_error',
  request_too_large: 'request_too_large',
  too_many_attempts: 'rate_limit_error',
  insufficient_quota: 'rate_limit_error',
  budget_in_use: 'rate_limit_error',
  rate_limit_exceeded: 'rate_limit_error',
  too_many_parallel_requests: 'rate_limit_error',
  internal_error: 'api_error',
  provider_error: 'api_error',
  provider_timeout: 'timeout_error',
  service_unavailable: 'overloaded_error',
  overloaded: 'overloaded_error',
}

/** How Anthropic's clients are spoken to; the catalogue's code is there too, for who wants to know more than the type. */
export const MESSAGES_DIALECT: Dialect = {
  requestIdHeader: 'request-id',
  errorBody: messagesError,
}

/** The body of an error answer, and the data of an `error` event. */
export function messagesError(error: LecternError, requestId: string) {
  const { code, message } = error
  return { type: 'error', error: { type: ERROR_TYPES[code], message, code }, request_id: requestId }
}
