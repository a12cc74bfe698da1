import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** A request as it arrived, and how it went. It changes until `endedAt` is set. */
export interface RecordedRequest {
  method: string
  path: string
  /** What followed the path, without the question mark. */
  query: string
  /** As received, keys included: tests must see which key was used, and that a student's never arrives. */
  headers: IncomingHttpHeaders
  /** The parsed JSON; the text itself when it was none. */
  body: unknown
  /** Milliseconds since 1970. */
  at: number
  /** Null until headers were sent. */
  status: number | null
  /** Tokens produced, whether or not they were streamed. */
  chunks: number
  /** Whether the client left before the end; false when the provider itself broke off. */
  aborted: boolean
  endedAt: number | null
}

// Far more than tests send; it only keeps a long benchmark with large prompts from filling the memory.
const MOST_BYTES = 64 * 1024 * 1024

/** Remembers the latest requests, bounded in number and in bytes. */
export class Recorder {
  /** Oldest first; always the same array. */
  readonly requests: RecordedRequest[] = []
  readonly #most: number
  #sizes: number[] = []
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Remembers a request and forgets the oldest ones beyond the bounds. */
  add(record: RecordedRequest, bytes: number): void {
    this.requests.push(record)
    this.#sizes.push(bytes)
    this.#bytes += bytes
    while (this.requests.length > this.#most || (this.#bytes > MOST_BYTES && this.requests.length > 1)) {
      this.requests.shift()
      this.#bytes -= this.#sizes.shift() ?? 0
    }
  }

  /** Forgets all requests. */
  clear(): void {
    this.requests.length = 0
    this.#sizes = []
    this.#bytes = 0
  }
}

/** The record of a request that has just arrived. */
export function recordOf(
  request: IncomingMessage,
  asked: Pick<RecordedRequest, 'path' | 'query' | 'body'>,
): RecordedRequest {
  const { method = 'GET', headers } = request
  const untouched = { status: null, chunks: 0, aborted: false, endedAt: null }
  return { method, ...asked, headers, at: Date.now(), ...untouched }
}
