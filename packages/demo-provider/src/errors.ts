/** An answer that is an error, in the shape that OpenAI's clients understand. */
export class ApiError extends Error {
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly param: string | null

  constructor(
    status: number,
    message: string,
    detail: { type?: string; code?: string; param?: string } = {},
  ) {
    super(message)
    this.status = status
    this.type = detail.type ?? 'invalid_request_error'
    this.code = detail.code ?? null
    this.param = detail.param ?? null
  }

  /** The JSON body, also used as the last frame of a stream that fails. */
  body() {
    const { message, type, param, code } = this
    return { error: { message, type, param, code } }
  }
}

const KNOWN: Record<number, { message: string; type: string; code?: string }> = {
  401: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
  403: { message: 'You are not allowed to do this.', type: 'invalid_request_error', code: 'forbidden' },
  404: { message: 'The model does not exist.', type: 'invalid_request_error', code: 'model_not_found' },
  429: { message: 'Rate limit reached.', type: 'requests', code: 'rate_limit_exceeded' },
  503: { message: 'The engine is currently overloaded, please try again later.', type: 'server_error' },
}

/** The error that a directive asked for by its status alone. */
export function errorForStatus(status: number): ApiError {
  const { message, ...detail } = KNOWN[status] ?? {
    message: status < 500 ? `The demo provider was told to answer ${status}.` : SERVER_ERROR,
    type: status < 500 ? 'invalid_request_error' : 'server_error',
  }
  return new ApiError(status, message, detail)
}

const SERVER_ERROR = 'The server had an error while processing your request. Sorry about that!'
