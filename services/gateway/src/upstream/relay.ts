import type { Usage } from '@lectern/shared/contracts/records.ts'
import type { ClientStream } from '../client-stream.ts'
import type { AnswerListener, Exchange } from './exchange.ts'
import { UpstreamFailure } from './failure.ts'
import type { Frame, StreamReader } from './provider.ts'
import { dataOf } from './sse.ts'
import type { Transcript } from './transcript.ts'

export interface RelayParts {
  exchange: Exchange
  reader: StreamReader
  client: ClientStream
  transcript: Transcript
  /** Whether the client asked for the usage frame. */
  forwardUsage: boolean
  /** Aborts when the client has left, or when the gateway cannot wait any longer. */
  ending: AbortSignal
}

/** How a stream ended. `failure` null: the provider's answer is complete. */
export interface RelayEnd {
  failure: UpstreamFailure | null
  usage: Usage | null
  /** On the clock of `performance.now()`; null: nothing came. */
  firstTokenAtMs: number | null
}

/**
 * Passes a provider's stream on to the client: bytes as they come, nothing decoded, no more in memory than the client's
 * socket takes. The end of the stream (`[DONE]`) is not passed on: it belongs to whoever has made the answer durable (P3).
 * Ends exactly once, whatever happens, and never throws.
 */
export function relayStream(parts: RelayParts): Promise<RelayEnd> {
  return new Relay(parts).run()
}

class Relay implements AnswerListener {
  readonly #parts: RelayParts
  readonly #ended = Promise.withResolvers<RelayEnd>()
  #usage: Usage | null = null
  #firstTokenAtMs: number | null = null
  #done = false
  #failure: UpstreamFailure | null = null
  /** What may go to the client now. */
  #ready: Buffer[] = []
  /** Whether the frame before was passed on. */
  #forwarding = false

  constructor(parts: RelayParts) {
    this.#parts = parts
  }

  run(): Promise<RelayEnd> {
    const { exchange, client, ending } = this.#parts
    if (ending.aborted) this.#leave()
    else {
      ending.addEventListener('abort', this.#leave, { once: true })
      client.onRoom = () => exchange.resume()
      exchange.listen(this)
    }
    return this.#ended.promise
  }

  data(chunk: Buffer): void {
    this.#parts.reader.push(chunk, this.#take)
    this.#proceed()
  }

  end(): void {
    this.#parts.reader.end(frame => {
      const closed = closedFrame(frame)
      if (closed) this.#take(closed)
    })
    this.#proceed()
    if (this.#done || this.#failure) return
    // Some providers forget `[DONE]`; an answer whose choices have all ended is complete without it.
    const isComplete = this.#parts.transcript.isComplete()
    this.#finish(isComplete ? null : new UpstreamFailure('cut', 'the stream ended in the middle'))
  }

  fail(failure: UpstreamFailure): void {
    this.#finish(failure)
  }

  readonly #take = (frame: Frame): void => {
    if (this.#done || this.#failure) return
    if (frame.kind === 'done') this.#done = true
    else if (frame.kind === 'error') this.#failure = frame.failure
    else {
      const { transcript } = this.#parts
      if (frame.kind === 'data') transcript.keep(frame.bytes, frame.part)
      if (frame.kind === 'usage') {
        transcript.keep(frame.bytes, 'whole')
        this.#usage = frame.usage
      }
      if (frame.kind !== 'tail') this.#forwarding = this.#isForwarded(frame)
      if (!this.#forwarding) return
      // A comment is no token: where that is all that came, nobody has answered.
      if (frame.kind === 'data' || frame.kind === 'usage') this.#firstTokenAtMs ??= performance.now()
      this.#ready.push(frame.bytes)
    }
  }

  #isForwarded(frame: Frame): boolean {
    if (frame.kind === 'usage') return this.#parts.forwardUsage || !frame.alone
    // Before the first frame nothing is sent: until then a failure can be an answer with its own status.
    return frame.kind === 'data' || this.#ready.length > 0 || this.#parts.client.begun
  }

  /** Sends what is ready, and ends if the end has come. */
  #proceed(): void {
    const { exchange, client } = this.#parts
    const [first] = this.#ready
    if (first !== undefined) {
      const bytes = this.#ready.length === 1 ? first : Buffer.concat(this.#ready)
      this.#ready = []
      if (!client.write(bytes)) exchange.pause()
    }
    if (this.#done) exchange.finish()
    else if (this.#failure) exchange.abort('the provider reported an error')
    if (this.#done || this.#failure) this.#finish(this.#failure)
  }

  readonly #leave = (): void => {
    this.#parts.exchange.abort('nobody reads the answer')
    this.#finish(new UpstreamFailure('aborted', 'ended before the answer was complete'))
  }

  #finish(failure: UpstreamFailure | null): void {
    const { client, ending } = this.#parts
    client.onRoom = () => undefined
    ending.removeEventListener('abort', this.#leave)
    this.#ended.resolve({ failure, usage: this.#usage, firstTokenAtMs: this.#firstTokenAtMs })
  }
}

/**
 * The frame that a stream ended with, its empty line added where it never came: what follows must not become a part of it. Null: it
 * is only half of one, which no client could read.
 */
function closedFrame(frame: Frame): Frame | null {
  if (frame.kind !== 'data' && frame.kind !== 'usage') return frame
  if (/(\n\n|\r\n\r\n|\r\r)$/.test(frame.bytes.subarray(-4).toString('latin1'))) return frame
  if (frame.kind === 'data' && frame.part === 'whole' && !isJson(dataOf(frame.bytes))) return null
  return { ...frame, bytes: Buffer.concat([frame.bytes, EMPTY_LINE]) }
}

const EMPTY_LINE = Buffer.from('\n\n')

function isJson(text: string | null): boolean {
  try {
    JSON.parse(text ?? '')
    return true
  } catch {
    return false
  }
}

/** Reads an answer that comes in one piece, up to a size. Throws the UpstreamFailure that ended it. */
export function readWhole(exchange: Exchange, ending: AbortSignal, mostBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let size = 0
  const stop = (failure: UpstreamFailure): void => {
    exchange.abort(failure.message)
    reject(failure)
  }
  const leave = (): void => stop(new UpstreamFailure('aborted', 'nobody waits for the answer'))
  if (ending.aborted) leave()
  ending.addEventListener('abort', leave, { once: true })
  exchange.listen({
    data(chunk) {
      chunks.push(chunk)
      size += chunk.length
      if (size > mostBytes) stop(new UpstreamFailure('garbled', `an answer of more than ${mostBytes} bytes`))
    },
    end: () => resolve(Buffer.concat(chunks)),
    fail: reject,
  })
  return promise.finally(() => ending.removeEventListener('abort', leave))
}
