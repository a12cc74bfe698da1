import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { ApiError } from './errors.ts'
import type { WriteError } from './faults.ts'
import type { RecordedRequest } from './recorder.ts'

/**
 * One request on the wire until its last byte or its loss. Everything that waits here rejects as soon as the client
 * is gone, so that producing stops wherever it is.
 */
export class Exchange {
  readonly record: RecordedRequest
  readonly gone: AbortSignal
  readonly #response: ServerResponse
  readonly #startedAt = performance.now()
  #brokenByUs = false

  constructor(response: ServerResponse, record: RecordedRequest) {
    const gone = new AbortController()
    this.gone = gone.signal
    this.record = record
    this.#response = response
    response.once('close', () => {
      record.endedAt = Date.now()
      record.aborted = !response.writableFinished && !this.#brokenByUs
      gone.abort()
    })
  }

  /** Waits, unless there is nothing to wait for. */
  async pause(milliseconds: number): Promise<void> {
    this.gone.throwIfAborted()
    if (milliseconds > 0) await wait(milliseconds, undefined, { signal: this.gone })
  }

  /** Sends the headers at once. */
  head(status: number, headers: Record<string, string | number>): void {
    this.record.status = status
    this.#response.writeHead(status, {
      'x-request-id': `req_${randomBytes(16).toString('hex')}`,
      'openai-processing-ms': Math.round(performance.now() - this.#startedAt),
      'openai-version': '2020-10-01',
      ...headers,
    })
    this.#response.flushHeaders()
  }

  /** Writes bytes, in pieces of a size if one is given; resolves when the client can take more. */
  async write(bytes: Buffer, pieceSize = bytes.length): Promise<void> {
    for (let at = 0; at < bytes.length; at += pieceSize) {
      this.gone.throwIfAborted()
      if (!this.#response.write(bytes.subarray(at, at + pieceSize))) {
        await once(this.#response, 'drain', { signal: this.gone })
      }
      // A turn of the event loop between two pieces, or the socket would join them again.
      if (pieceSize < bytes.length) await nextTurn()
    }
  }

  /** The regular end. */
  end(): void {
    this.#response.end()
  }

  /** Answers with a whole JSON body. */
  async json(status: number, body: unknown, headers: Record<string, string> = {}, pieceSize?: number) {
    const bytes = Buffer.from(JSON.stringify(body))
    this.head(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers })
    await this.write(bytes, pieceSize)
    this.end()
  }

  /** Answers with an error; one that comes after the headers can only break the connection. */
  async fail(error: unknown, writeError: WriteError = known => known.body()): Promise<void> {
    if (this.gone.aborted) return
    if (this.#response.headersSent) return this.cut()
    const known =
      error instanceof ApiError ? error : new ApiError(500, String(error), { type: 'server_error' })
    await this.json(known.status, writeError(known))
  }

  /** Breaks the connection after the bytes already written. */
  async cut(): Promise<void> {
    this.#brokenByUs = true
    // Node keeps the chunks of one turn together until its end; a socket that ends before never gets them.
    await nextTurn()
    this.#response.socket?.destroySoon()
  }

  /** Breaks the connection by a TCP reset. */
  reset(): void {
    this.#brokenByUs = true
    this.#response.socket?.resetAndDestroy()
  }

  /** Says nothing more until the client gives up. */
  async hang(): Promise<never> {
    this.gone.throwIfAborted()
    await once(this.gone, 'abort')
    throw this.gone.reason
  }
}
