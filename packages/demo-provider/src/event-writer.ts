import type { Directive } from './directive.ts'
import type { Exchange } from './exchange.ts'

/** One server-sent event. */
export interface StreamEvent {
  /** The name that some APIs give to each. */
  name?: string
  data: string
}

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

  /** Writes events one by one, or keeps them until there are enough for one write. */
  async write(events: StreamEvent[]): Promise<void> {
    for (const { name, data } of events) {
      const named = name === undefined ? '' : `event: ${name}${this.#lineEnd}`
      this.#waiting.push(`${named}data: ${data}${this.#lineEnd}${this.#lineEnd}`)
      if (this.#waiting.length >= this.#perWrite) await this.flush()
    }
  }

  /** Writes what is still kept. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return
    const bytes = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    await this.#exchange.write(bytes, this.#pieceSize)
  }
}
