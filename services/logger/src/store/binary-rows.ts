import { LecternError } from '@lectern/shared/errors.ts'

/** Rows in Postgres's binary format of COPY: nothing to escape, and nothing that Postgres would have to read as text. */

/** The types of columns that are written here. */
export type ColumnType = 'text' | 'jsonb' | 'bool' | 'int2' | 'int4' | 'int8' | 'float8' | 'timestamptz'
/** What a column may hold: text, JSON as text, a number, an instant in milliseconds since 1970, or nothing. */
export type Cell = string | number | boolean | null

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const COUNT_FROM = 4096
const JSONB_VERSION = 1
/** 2000-01-01, from which Postgres counts microseconds. */
const EPOCH_MS = 946_684_800_000n

/** Each writes a value of few bytes and answers where it ends. */
const WRITERS = {
  bool: (bytes: Buffer, value: number, at: number) => bytes.writeUInt8(value ? 1 : 0, at),
  int2: (bytes: Buffer, value: number, at: number) => bytes.writeInt16BE(value, at),
  int4: (bytes: Buffer, value: number, at: number) => bytes.writeInt32BE(value, at),
  int8: (bytes: Buffer, value: number, at: number) => bytes.writeBigInt64BE(BigInt(value), at),
  float8: (bytes: Buffer, value: number, at: number) => bytes.writeDoubleBE(value, at),
  timestamptz: (bytes: Buffer, ms: number, at: number) =>
    bytes.writeBigInt64BE((BigInt(ms) - EPOCH_MS) * 1000n, at),
}

/** Gathers rows; each is as many cells as `startRow` has announced. */
export class BinaryRows {
  #bytes: Buffer
  #length: number

  /** `bytes`: how many there may be. More are taken as they are needed, by copying. */
  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafe(Math.max(bytes, SIGNATURE.length))
    this.#length = SIGNATURE.copy(this.#bytes)
  }

  startRow(cells: number): void {
    this.#room(2)
    this.#length = this.#bytes.writeInt16BE(cells, this.#length)
  }

  /** Throws `invalid_request` for a number that its type cannot hold. */
  add(type: ColumnType, cell: Cell): void {
    if (cell === null) this.#int32(-1)
    else if (type === 'text') this.#text(cell as string)
    else if (type === 'jsonb') this.#text(cell as string, JSONB_VERSION)
    else this.#fixed(type, cell)
  }

  /** All rows so far, with the mark of the end. */
  end(): Buffer {
    this.#room(2)
    this.#length = this.#bytes.writeInt16BE(-1, this.#length)
    return this.#bytes.subarray(0, this.#length)
  }

  #text(text: string, version?: number): void {
    // A unit of UTF-16 takes at most three bytes: counting them is for texts whose room would matter.
    this.#room(5 + (text.length > COUNT_FROM ? Buffer.byteLength(text) : text.length * 3))
    let at = this.#length + 4
    if (version !== undefined) at = this.#bytes.writeUInt8(version, at)
    at += this.#bytes.write(text, at)
    this.#bytes.writeInt32BE(at - this.#length - 4, this.#length)
    this.#length = at
  }

  #int32(value: number): void {
    this.#room(4)
    this.#length = this.#bytes.writeInt32BE(value, this.#length)
  }

  #fixed(type: ColumnType, cell: Cell): void {
    this.#room(12)
    const at = this.#length + 4
    let end: number
    try {
      end = WRITERS[type as keyof typeof WRITERS](this.#bytes, cell as number, at)
    } catch (cause) {
      throw new LecternError('invalid_request', { message: `${cell} is no ${type}.`, cause })
    }
    this.#bytes.writeInt32BE(end - at, this.#length)
    this.#length = end
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
