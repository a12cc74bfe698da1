import type { IncomingHttpHeaders } from 'node:http'
import { type ErrorCode, LecternError } from '@lectern/shared/errors.ts'

/** How a request to a provider can fail. */
export type FailureKind =
  /** No connection, or it was lost before the first byte. */
  | 'unreachable'
  /** All connections to the provider were busy for too long. */
  | 'busy'
  /** No first byte in time. */
  | 'timeout'
  /** Another status than 200. */
  | 'refused'
  /** A 200 that is not an answer. */
  | 'garbled'
  /** The connection was lost in the middle of an answer. */
  | 'cut'
  /** Silence in the middle of an answer, or an answer without end. */
  | 'stalled'
  /** We ended it: the client left, or the gateway stops. */
  | 'aborted'

export interface FailureDetail {
  status?: number
  /** What the client may be told, where the provider's own words help it. */
  publicError?: LecternError
  retryAfterMs?: number | undefined
  /** It was one of several keys that was refused, and another is ready. */
  anotherKey?: boolean
  /** It was the student's own key that was refused: no fault of the provider's, and no other key may pay instead. */
  ofOwnKey?: boolean
  cause?: unknown
}

/** A request to a provider that brought no complete answer. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
  readonly kind: FailureKind
  readonly status: number | null
  readonly retryAfterMs: number | undefined
  /** Whether the same deployment may answer with another of our keys. */
  readonly anotherKey: boolean
  readonly ofOwnKey: boolean
  readonly #publicError: LecternError | undefined

  constructor(kind: FailureKind, message: string, detail: FailureDetail = {}) {
    super(message, { cause: detail.cause })
    this.kind = kind
    this.status = detail.status ?? null
    this.retryAfterMs = detail.retryAfterMs
    this.anotherKey = detail.anotherKey ?? false
    this.ofOwnKey = detail.ofOwnKey ?? false
    this.#publicError = detail.publicError
  }

  /** Whether another deployment may succeed: not when the request itself is at fault, or nobody waits any more. */
  get worthAnotherTry(): boolean {
    if (this.ofOwnKey) return false
    if (this.kind === 'refused') {
      // 401-403: our key or account there is at fault, not the request; below 400: our address of it is.
      const status = this.status ?? 500
      return status >= 500 || status < 400 || [401, 402, 403, 408, 409, 429].includes(status)
    }
    return this.kind === 'unreachable' || this.kind === 'busy' || this.kind === 'timeout'
  }

  /** What the client is told. */
  toPublic(): LecternError {
    if (this.#publicError) return this.#publicError
    const code: ErrorCode =
      this.kind === 'timeout' || this.kind === 'stalled'
        ? 'provider_timeout'
        : this.kind === 'busy'
          ? 'overloaded'
          : this.kind === 'aborted'
            ? 'service_unavailable'
            : 'provider_error'
    const retryAfterMs = this.retryAfterMs ?? (this.kind === 'busy' ? 1000 : undefined)
    return new LecternError(code, { cause: this, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
  }
}

/** A provider's answer that is not 200, as it came; the provider's own file knows what it means. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The name of the key that was used, set by whoever chose it. */
  keyName: string | undefined
  /** The student's own key, where that was used. */
  ownKey: string | undefined

  constructor(status: number, headers: IncomingHttpHeaders, body: string) {
    super(`the provider answered ${status}`)
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** Nobody waits longer; a clock that is wrong may say years. */
const LONGEST_WAIT_MS = 3_600_000

/** How long a provider asks us to wait, in seconds or until a date (RFC 9110, 10.2.3); undefined where it says nothing that we can read. */
export function retryAfterMsOf(headers: IncomingHttpHeaders, nowMs = Date.now()): number | undefined {
  const waitMs = (ms: number) => Math.min(Math.max(ms, 0), LONGEST_WAIT_MS)
  // OpenAI and Azure say it in milliseconds, too. An empty text would be the number 0.
  const exactMs = Number(headers['retry-after-ms'] || Number.NaN)
  if (exactMs >= 0) return waitMs(exactMs)
  const said = headers['retry-after'] || ''
  if (/^\d+(\.\d+)?$/.test(said)) return waitMs(Number(said) * 1000)
  // Date.parse makes a date of nearly everything; those of HTTP begin with a weekday.
  return /^[A-Z][a-z]+,/.test(said) && Number.isFinite(Date.parse(said))
    ? waitMs(Date.parse(said) - nowMs)
    : undefined
}
