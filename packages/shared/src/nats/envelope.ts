import { CATALOGUE, type ErrorCode, LecternError } from '../errors.ts'

/** How an answer travels: the data, or an error of the catalogue. */
export type Envelope<T> = { ok: true; data: T } | { ok: false; error: WireError }

interface WireError {
  code: ErrorCode
  message: string
  param: string | null
  retryAfterMs?: number | undefined
}

export function toWire(error: LecternError): WireError {
  return { code: error.code, message: error.message, param: error.param, retryAfterMs: error.retryAfterMs }
}

/** The error that the responder threw, with the same code and public text. */
export function fromWire(wire: WireError): LecternError {
  const code = wire.code in CATALOGUE ? wire.code : 'internal_error'
  return new LecternError(code, {
    message: wire.message,
    param: wire.param,
    ...(wire.retryAfterMs === undefined ? {} : { retryAfterMs: wire.retryAfterMs }),
  })
}
