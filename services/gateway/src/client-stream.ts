import type { ServerResponse } from 'node:http'

/** The headers of every stream: nothing on the way may keep, change or gather it. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/** A comment, which every reader of server-sent events drops. */
const KEEP_ALIVE = ': keep-alive\n\n'

export interface ClientStreamOptions {
  /** A client that reads nothing for so long is cut. */
  writeIdleMs: number
  /** Until the first bytes a comment is sent this often. */
  keepAliveMs: number
  /** Takes the response over and gives the headers. */
  open(): Record<string, string>
  /** What a door makes of frames. */
  convert(frames: Buffer): Buffer | string
}

/**
 * The client's end of a stream. Its headers go out with the first bytes, so that a failure before them is still an answer
 * with a status of its own. A client that reads too slowly is waited for; one that reads nothing for too long is cut.
 */
export class ClientStream {
  /** Set by whoever writes: called when there is room again. */
  onRoom: () => void = () => undefined
  readonly #response: ServerResponse
  readonly #options: ClientStreamOptions
  #begun = false
  /** How many writes the response has not passed on yet. */
  #kept = 0
  /** Whether somebody will say that the socket has room again. */
  #waits = false
  #stalled: NodeJS.Timeout | undefined
  readonly #keepAlive: NodeJS.Timeout | undefined

  constructor(response: ServerResponse, options: ClientStreamOptions) {
    this.#response = response
    this.#options = options
    response.on('drain', this.#drained)
    // Who has left already closes no more.
    if (response.destroyed) return
    this.#keepAlive = setInterval(() => this.#sayAlive(), options.keepAliveMs)
    response.once('close', () => {
      clearTimeout(this.#stalled)
      clearInterval(this.#keepAlive)
    })
  }

  /** Whether the client has seen the beginning: from then on errors are frames. */
  get begun(): boolean {
    return this.#begun
  }

  /** Sends frames of an answer, as its door writes them; false: wait for `onRoom` before sending more. */
  write(frames: Buffer): boolean {
    const bytes = this.#options.convert(frames)
    if (bytes.length === 0) return true
    this.silence()
    const room = this.#send(bytes)
    if (!room) {
      clearTimeout(this.#stalled)
      this.#stalled = setTimeout(() => this.#response.destroy(), this.#options.writeIdleMs)
    }
    return room
  }

  /**
   * What follows the first bytes is one buffer, written past the response, which would make four writes of it: the framing of HTTP
   * is ours then. It costs a tenth less processor time a chunk. The response keeps what it was given until the next tick: as long as
   * anything is there, what follows must take the same way, or it would overtake the headers.
   */
  #send(bytes: Buffer | string): boolean {
    const { socket, chunkedEncoding } = this.#response
    if (!this.#begun || this.#kept > 0 || !socket || !chunkedEncoding) return this.#give(bytes)
    const room = socket.write(chunkOf(bytes))
    if (!room && !this.#waits) {
      this.#waits = true
      socket.once('drain', this.#drained)
    }
    return room
  }

  #give(bytes: Buffer | string): boolean {
    this.#begin()
    this.#kept += 1
    return this.#response.write(bytes, () => {
      this.#kept -= 1
    })
  }

  readonly #drained = (): void => {
    this.#waits = false
    clearTimeout(this.#stalled)
    this.onRoom()
  }

  /** Sends the last bytes, as they are. */
  end(bytes: Buffer | string): void {
    this.silence()
    this.#begin()
    this.#response.end(bytes)
    // A client that never reads the end must not hold its connection for ever.
    if (!this.#response.writableFinished) {
      clearTimeout(this.#stalled)
      this.#stalled = setTimeout(() => this.#response.destroy(), this.#options.writeIdleMs)
      this.#response.once('finish', () => clearTimeout(this.#stalled))
    }
  }

  /** Says no more that it is alive. */
  silence(): void {
    clearInterval(this.#keepAlive)
  }

  /** From here on an error is a frame; another deployment may still answer, because nothing of an answer was sent. */
  #sayAlive(): void {
    // An error with a status of its own is on its way already.
    if (!this.#begun && this.#response.headersSent) return
    this.#give(KEEP_ALIVE)
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#response.writeHead(200, this.#options.open())
  }
}

const LINE_END = Buffer.from('\r\n')

/** One chunk of HTTP (RFC 9112, 7.1). */
function chunkOf(bytes: Buffer | string): Buffer {
  const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  const size = Buffer.from(`${body.length.toString(16)}\r\n`, 'latin1')
  return Buffer.concat([size, body, LINE_END])
}
