import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher, Pool } from 'undici'
import { type FailureKind, Refusal, UpstreamFailure } from './failure.ts'
import type { Slots } from './slots.ts'

/** A request as it goes onto the wire. */
export interface UpstreamRequest {
  path: string
  headers: Record<string, string>
  body: string
}

export interface ExchangeLimits {
  poolWaitMs: number
  firstByteMs: number
  idleMs: number
  /** What is left of the request's whole time. */
  totalMs: number
}

export interface Origin {
  pool: Pool
  slots: Slots
}

/** Who takes an answer's bytes, from the first one on. */
export interface AnswerListener {
  data(chunk: Buffer): void
  end(): void
  fail(failure: UpstreamFailure): void
}

/** An error's body beyond this is not read: it is a page for a browser. */
const MOST_ERROR_BYTES = 64 * 1024
/** How long a provider may take to close a stream after its end before its connection is given up. */
const CLOSING_MS = 1000

/**
 * One request to a provider, until its last byte or its loss. `head` resolves with the first byte of a 200, and rejects
 * with an UpstreamFailure when none comes: until then another deployment may be tried. After it a listener takes the bytes.
 * It speaks to undici's dispatcher directly: a body as a Node stream costs more than everything else in the relay.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly head: Promise<IncomingHttpHeaders>
  /** Resolves when its connection is free again, or was never used. */
  readonly released: Promise<void>
  /** Whether the provider got the request: from then on it may produce something. */
  sent = false
  readonly #origin: Origin
  readonly #limits: ExchangeLimits
  readonly #opened = Promise.withResolvers<IncomingHttpHeaders>()
  readonly #released = Promise.withResolvers<void>()
  #controller: Dispatcher.DispatchController | null = null
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #early: Buffer[] = []
  #earlyEnd: { failure: UpstreamFailure | null } | null = null
  #listener: AnswerListener | null = null
  #ended = false
  #begun = false
  #finished = false
  #timer: NodeJS.Timeout | undefined
  /** Its time is over, and nothing has come since. */
  #silent = false
  #deadline: NodeJS.Timeout | undefined
  #mustBegin: NodeJS.Timeout | undefined

  constructor(origin: Origin, request: UpstreamRequest, limits: ExchangeLimits) {
    this.#origin = origin
    this.#limits = limits
    this.head = this.#opened.promise
    this.released = this.#released.promise
    // Who only aborts never looks at it.
    this.head.catch(() => undefined)
    void this.#send(request)
  }

  /** Takes over the answer: what came in the meantime follows at once, in one piece. */
  listen(listener: AnswerListener): void {
    this.#listener = listener
    this.#hand()
    const end = this.#earlyEnd
    if (!end || !this.#listener) return
    if (end.failure) listener.fail(end.failure)
    else listener.end()
  }

  /** The listener has no room: nothing more is read from the provider until `resume`. */
  pause(): void {
    this.#controller?.pause()
    clearTimeout(this.#timer)
    this.#silent = false
  }

  resume(): void {
    if (this.#ended) return
    this.#startTimer(this.#limits.idleMs)
    this.#controller?.resume()
  }

  /** Ends it at once, whatever its state: the provider sees the connection close. */
  abort(reason: string): void {
    this.#listener = null
    this.#fail('aborted', reason)
  }

  /** The answer is complete: what may still follow is not waited for, but the connection is kept if it ends soon. */
  finish(): void {
    this.#listener = null
    this.#finished = true
    if (this.#ended) return
    this.#startTimer(CLOSING_MS)
    this.#controller?.resume()
  }

  /** The first byte must come sooner than the provider is usually given, so that there is time for another one. */
  mustBeginWithin(ms: number): void {
    if (ms >= this.#limits.firstByteMs || this.#begun || this.#ended) return
    this.#mustBegin = setTimeout(() => {
      if (!this.#begun) this.#fail('timeout', `no first byte within ${Math.round(ms)} ms`)
    }, ms)
  }

  async #send(request: UpstreamRequest): Promise<void> {
    const { pool, slots } = this.#origin
    const { poolWaitMs, firstByteMs, totalMs } = this.#limits
    this.#deadline = setTimeout(
      () => this.#fail(this.#begun ? 'stalled' : 'timeout', 'total time is over'),
      totalMs,
    )
    if (!(await slots.take(Math.min(poolWaitMs, totalMs)))) {
      this.#released.resolve()
      return this.#fail('busy', `no free connection within ${poolWaitMs} ms`)
    }
    // A request that nobody wants any more still holds its place until undici has let go of it.
    void this.#released.promise.then(() => slots.give())
    if (this.#ended) return this.#released.resolve()
    this.#startTimer(firstByteMs)
    const { path, headers, body } = request
    try {
      pool.dispatch({ method: 'POST', path, headers, body, headersTimeout: 0, bodyTimeout: 0 }, this)
    } catch (error) {
      this.#released.resolve()
      this.#fail('unreachable', 'the request could not be sent', error)
    }
  }

  #startTimer(ms: number): void {
    clearTimeout(this.#timer)
    this.#silent = false
    this.#timer = setTimeout(() => {
      // A process that was kept from running hears its timers before its sockets: what they have is heard first.
      this.#silent = true
      setImmediate(() => {
        if (this.#silent && !this.#ended) this.#expire()
      })
    }, ms)
  }

  #expire(): void {
    if (this.#finished) this.#fail('aborted', 'the provider did not close its complete answer')
    else if (this.#begun) this.#fail('stalled', `silence for ${this.#limits.idleMs} ms`)
    else this.#fail('timeout', `no first byte within ${this.#limits.firstByteMs} ms`)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) controller.abort(new Error('not wanted any more'))
    else {
      this.#controller = controller
      this.sent = true
    }
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Nobody reads them once more, and an open stream would keep them and the read of the socket that they were cut from.
    controller.rawHeaders = null
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended || this.#finished) return
    if (this.#status !== 200) {
      if (this.#early.reduce((sum, part) => sum + part.length, 0) < MOST_ERROR_BYTES) this.#early.push(chunk)
      return
    }
    this.#begin()
    // What one read of the socket brought is handed on at once: forty small chunks are then one write to the client.
    if (this.#listener && this.#early.length === 0) queueMicrotask(() => this.#hand())
    this.#early.push(chunk)
  }

  #hand(): void {
    const [first] = this.#early
    if (!this.#listener || first === undefined) return
    const bytes = this.#early.length === 1 ? first : Buffer.concat(this.#early)
    this.#early = []
    try {
      this.#listener.data(bytes)
    } catch (error) {
      this.#fail('garbled', 'the answer cannot be passed on', error)
    }
  }

  onResponseEnd(): void {
    this.#released.resolve()
    if (this.#ended) return
    if (this.#status !== 200) this.#refuse()
    else {
      this.#begin()
      this.#hand()
      // Its last bytes could not be passed on: it is not complete.
      if (this.#ended) return
      this.#close()
      if (this.#listener) this.#listener.end()
      else this.#earlyEnd = { failure: null }
    }
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#released.resolve()
    this.#fail(this.#begun ? 'cut' : 'unreachable', 'connection lost', error)
  }

  /** The first byte, and every one after it: silence is counted anew. */
  #begin(): void {
    this.#silent = false
    if (this.#begun) return void this.#timer?.refresh()
    this.#begun = true
    clearTimeout(this.#mustBegin)
    this.#startTimer(this.#limits.idleMs)
    this.#opened.resolve(this.#headers)
  }

  #refuse(): void {
    const body = Buffer.concat(this.#early).toString()
    this.#close()
    this.#opened.reject(new Refusal(this.#status, this.#headers, body))
  }

  #fail(kind: FailureKind, message: string, cause?: unknown): void {
    if (this.#ended) return
    const failure = new UpstreamFailure(kind, message, { cause })
    this.#close()
    this.#controller?.abort(failure)
    this.#opened.reject(failure)
    this.#hand()
    if (this.#listener) this.#listener.fail(failure)
    else this.#earlyEnd = { failure }
  }

  #close(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    clearTimeout(this.#deadline)
    clearTimeout(this.#mustBegin)
  }
}
