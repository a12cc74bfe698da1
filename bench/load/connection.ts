import { connect, type Socket } from 'node:net'
import { ResponseReader } from './response-reader.ts'

export interface Answered {
  /** Milliseconds of `performance.now()`. */
  firstAtMs: number
  endAtMs: number
  /** Nothing: it is as it should be. */
  error?: string
}

const READ_BYTES = 64 * 1024
// All connections read into one buffer: what is in it has been looked at before the next one reads.
const SHARED = Buffer.allocUnsafe(READ_BYTES)

/** A connection that is kept for one request after the other, and opened again when the server has closed it. */
export class Connection {
  readonly #url: URL
  readonly #statuses: number[]
  #socket: Socket | undefined
  #done: ((answered: Answered) => void) | undefined
  #firstAtMs = 0

  constructor(url: URL, statuses: number[]) {
    this.#url = url
    this.#statuses = statuses
  }

  /** Writes a request; the promise never fails. */
  ask(head: Buffer, body: Buffer): Promise<Answered> {
    const socket = this.#socket ?? this.#open()
    this.#firstAtMs = 0
    const { promise, resolve } = Promise.withResolvers<Answered>()
    this.#done = resolve
    socket.cork()
    socket.write(head)
    socket.write(body)
    socket.uncork()
    return promise
  }

  /** An answer has begun and not ended. */
  get streaming(): boolean {
    return this.#done !== undefined && this.#firstAtMs > 0
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Socket {
    const reader = new ResponseReader({
      onFirst: () => (this.#firstAtMs = performance.now()),
      onEnd: (status, tail) => this.#settle(this.#faultOf(status, tail)),
    })
    const socket = connect({
      host: this.#url.hostname,
      port: Number(this.#url.port),
      noDelay: true,
      onread: {
        buffer: SHARED,
        callback: bytes => {
          reader.feed(SHARED.subarray(0, bytes))
          return true
        },
      },
    })
    socket.on('error', error => this.#settle((error as NodeJS.ErrnoException).code ?? error.message))
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      this.#settle('closed')
    })
    this.#socket = socket
    return socket
  }

  #faultOf(status: number, tail: string): string | undefined {
    const [, code = ''] = /"code":"(\w+)"/.exec(tail) ?? []
    if (!this.#statuses.includes(status)) return `${status} ${code}`.trim()
    const whole = tail.includes('[DONE]') || tail.trimEnd().endsWith('}')
    return whole ? undefined : 'incomplete'
  }

  #settle(error: string | undefined): void {
    const done = this.#done
    this.#done = undefined
    const endAtMs = performance.now()
    done?.({ firstAtMs: this.#firstAtMs || endAtMs, endAtMs, ...(error && { error }) })
  }
}
