import { CATALOGUE, type ErrorCode, LecternError } from '../errors.ts'

/** How an answer travels: the data, or an error of the catalogue. */
export type Envelope<T> = { ok: true; data: T } | { ok: false; error: WireError }

interface WireError {
  code: ErrorCode
  message: string
  param: string | null
  retryAfterMs?: number | undefined
}

/** The answer in a word, for traces: `ok`, or where the answer is a decision, `granted` or the reason why not. */
export function replyName(data: unknown): string {
  const { granted, reason } = (data ?? {}) as { granted?: unknown; reason?: unknown }
  if (typeof granted !== 'boolean') return 'ok'
  return granted ? 'granted' : String(reason)
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
