import type { Directive } from './directive.ts'
import type { Exchange } from './exchange.ts'

/** Writes server-sent events in the way that a directive asks for: line ends, several at once, or in pieces. */
export class EventWriter {
  readonly #exchange: Exchange
  readonly #lineEnd: string
  readonly #perWrite: number
  readonly #pieceSize: number | undefined
  #waiting: string[] = []

  constructor(exchange: Exchange, { crlf, bundle, split }: Directive) {
    this.#exchange = exchange
    this.#lineEnd = crlf ? '\r\n' : '\n'
    this.#perWrite = bundle ?? 1
    this.#pieceSize = split
  }

  /** Writes one event, or keeps it until there are enough for one write. */
  async event(data: string): Promise<void> {
    this.#waiting.push(`data: ${data}${this.#lineEnd}${this.#lineEnd}`)
    if (this.#waiting.length >= this.#perWrite) await this.flush()
  }

  /** Writes what is still kept. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return
    const bytes = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    await this.#exchange.write(bytes, this.#pieceSize)
  }
}
