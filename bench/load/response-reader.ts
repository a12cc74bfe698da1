/** What a reader tells: the first byte of a body, and its end. */
export interface Listener {
  onFirst(): void
  onEnd(status: number, tail: string): void
}

type State = 'head' | 'length' | 'size' | 'data' | 'data-end' | 'trailer'

const HEAD_END = Buffer.from('\r\n\r\n')
const TAIL_BYTES = 64
const LF = 10

/** Reads answers of HTTP/1.1 on one connection, one after the other, and keeps nothing of them but their last bytes. */
export class ResponseReader {
  #state: State = 'head'
  #head = ''
  #status = 0
  /** Bytes of the body or chunk that are still to come. */
  #left = 0
  #size = ''
  #began = false
  #tail = ''
  readonly #listener: Listener

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** True between two answers: only then may a request be written. */
  get idle(): boolean {
    return this.#state === 'head' && this.#head === ''
  }

  feed(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) at = this.#step(bytes, at)
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at)
      case 'length':
      case 'data':
        return this.#readBody(bytes, at)
      case 'size':
        return this.#readSize(bytes, at)
      case 'data-end':
        return this.#skipLine(bytes, at, () => (this.#state = 'size'))
      case 'trailer':
        return this.#skipLine(bytes, at, () => this.#end())
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const found = this.#head === '' ? bytes.indexOf(HEAD_END, at) : -1
    const until = found < 0 ? bytes.length : found + HEAD_END.length
    const before = this.#head.length
    this.#head += bytes.toString('latin1', at, until)
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return bytes.length
    const next = at + end + HEAD_END.length - before
    const head = this.#head.slice(0, end).toLowerCase()
    this.#status = Number(head.slice(9, 12))
    this.#began = false
    this.#tail = ''
    this.#size = ''
    if (head.includes('transfer-encoding: chunked')) this.#state = 'size'
    else {
      this.#left = Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0)
      this.#state = 'length'
      if (this.#left === 0) this.#end()
    }
    return next
  }

  #readSize(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at)
    if (end < 0) {
      this.#size += bytes.toString('latin1', at)
      return bytes.length
    }
    this.#left = Number.parseInt(this.#size + bytes.toString('latin1', at, end), 16)
    this.#size = ''
    this.#state = this.#left === 0 ? 'trailer' : 'data'
    return end + 1
  }

  #readBody(bytes: Buffer, at: number): number {
    if (!this.#began) {
      this.#began = true
      this.#listener.onFirst()
    }
    const until = Math.min(bytes.length, at + this.#left)
    this.#left -= until - at
    const piece = bytes.toString('latin1', Math.max(at, until - TAIL_BYTES), until)
    this.#tail = piece.length < TAIL_BYTES ? (this.#tail + piece).slice(-TAIL_BYTES) : piece
    if (this.#left === 0) {
      if (this.#state === 'length') this.#end()
      else this.#state = 'data-end'
    }
    return until
  }

  #skipLine(bytes: Buffer, at: number, then: () => void): number {
    const end = bytes.indexOf(LF, at)
    if (end < 0) return bytes.length
    then()
    return end + 1
  }

  #end(): void {
    this.#state = 'head'
    this.#head = ''
    this.#listener.onEnd(this.#status, this.#tail)
  }
}
