const LF = 10
const CR = 13

/**
 * How much of an event some bytes are; `several`: whole events, one after the other; `tail`: a line feed that still belongs to
 * the event before.
 */
export type EventPart = 'whole' | 'several' | 'piece' | 'last' | 'tail'
export type TakeEvent = (bytes: Buffer, part: EventPart) => void

/**
 * Finds the ends of server-sent events in a stream of bytes: lines end with LF, CRLF or CR, an empty line ends an event,
 * and a chunk may begin or end anywhere. Nothing is decoded. Each event is handed on with its empty line; an event that
 * outgrows `mostHeldBytes` is handed on in pieces, because nothing that must be recognised is that long.
 */
export class EventScanner {
  readonly #mostHeldBytes: number
  #held: Buffer[] = []
  #heldBytes = 0
  #lineIsEmpty = true
  #afterCr = false
  /** Whether pieces of the running event have been handed on already. */
  #inPieces = false

  constructor(mostHeldBytes: number) {
    this.#mostHeldBytes = mostHeldBytes
  }

  /** Whether the next byte begins an event. */
  get isBetweenEvents(): boolean {
    return this.#heldBytes === 0 && this.#lineIsEmpty && !this.#afterCr && !this.#inPieces
  }

  /** Takes bytes and hands on the events that they complete, and pieces of one that grew too long. */
  push(chunk: Buffer, take: TakeEvent): void {
    let from = 0
    let at = 0
    // A CR that ended an event was handed on at once; the LF that belongs to it must not open the next one.
    if (this.#afterCr && chunk[0] === LF && this.#heldBytes === 0 && this.#lineIsEmpty) {
      take(chunk.subarray(0, 1), 'tail')
      from = at = 1
    } else if (this.#afterCr && chunk[0] === LF) at = 1
    this.#afterCr = false
    for (; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = false
        continue
      }
      if (byte === CR) {
        if (chunk[at + 1] === LF) at++
        else if (at + 1 === chunk.length) this.#afterCr = true
      }
      if (this.#lineIsEmpty) {
        this.#complete(chunk.subarray(from, at + 1), take)
        from = at + 1
      }
      this.#lineIsEmpty = true
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from), take)
  }

  /** The stream has ended: what is still held, an event whose empty line never came. */
  end(take: TakeEvent): void {
    if (this.#heldBytes > 0) this.#complete(Buffer.alloc(0), take)
  }

  #complete(rest: Buffer, take: TakeEvent): void {
    const event = this.#heldBytes > 0 ? Buffer.concat([...this.#held, rest]) : rest
    const part = this.#inPieces ? 'last' : 'whole'
    this.#held = []
    this.#heldBytes = 0
    this.#inPieces = false
    take(event, part)
  }

  #hold(rest: Buffer, take: TakeEvent): void {
    this.#held.push(rest)
    this.#heldBytes += rest.length
    if (this.#heldBytes <= this.#mostHeldBytes) return
    const piece = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#inPieces = true
    take(piece, 'piece')
  }
}

/** The data of one event, its `data:` lines joined; null for an event without (a comment, a keep-alive). */
export function dataOf(event: Buffer | string): string | null {
  const text = event.toString()
  // One line, as nearly always.
  if (text.startsWith('data: ') && !/[\r\n]/.test(text)) return text.slice(6)
  const lines: string[] = []
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data: ')) lines.push(line.slice(6))
    else if (line.startsWith('data:')) lines.push(line.slice(5))
  }
  return lines.length > 0 ? lines.join('\n') : null
}

/** An event whose data is one JSON value. */
export function eventOf(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

/** The same with a name, which is its data's type. */
export function namedEventOf(data: { type: string } & Record<string, unknown>): string {
  return `event: ${data.type}\n${eventOf(data)}`
}

/** The event that ends every complete stream. */
export const DONE_EVENT = 'data: [DONE]\n\n'
