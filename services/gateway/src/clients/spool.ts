import { access, constants, type FileHandle, mkdir, unlink } from 'node:fs/promises'
import type { Logger } from '@lectern/shared/log.ts'
import { createSpoolFile, disownSpoolFile, linesOf, sizeOf, takeOverSpoolFiles } from './spool-files.ts'

/** A record as it waits on disk: what will be published, byte for byte. */
export interface SpooledRecord {
  id: string
  headers: Record<string, string>
  record: unknown
}

/**
 * Records that the bus did not take, on disk: one line of JSON each, synced before `append` resolves. A file is removed
 * when all of it has been replayed; normally there is none.
 */
export interface Spool {
  append(entry: SpooledRecord): Promise<void>
  /** Whether nothing waits to be replayed. */
  readonly isEmpty: boolean
  /** What waits. */
  readonly bytes: number
  /** Hands every record on, in batches, and removes what was published. Stops at the first failure. */
  replay(publish: (entries: SpooledRecord[]) => Promise<void>): Promise<void>
  /** Looks for files of processes that are gone. */
  takeOver(): Promise<void>
  close(): Promise<void>
}

const REPLAY_BATCH = 64

/** Opens the spool with what earlier processes left in it. Throws when the folder cannot be written. */
export async function openSpool(
  folder: string,
  { mostBytes, log }: { mostBytes: number; log: Logger },
): Promise<Spool> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await access(folder, constants.R_OK | constants.W_OK)
  const spool = new FileSpool(folder, mostBytes, log)
  await spool.takeOver()
  return spool
}

class FileSpool implements Spool {
  readonly #folder: string
  readonly #mostBytes: number
  readonly #log: Logger
  readonly #sizes = new Map<string, number>()
  #own: { path: string; handle: FileHandle } | null = null
  /** One write at a time: lines must not mix. */
  #writing: Promise<unknown> = Promise.resolve()

  constructor(folder: string, mostBytes: number, log: Logger) {
    this.#folder = folder
    this.#mostBytes = mostBytes
    this.#log = log
  }

  get isEmpty(): boolean {
    return this.#sizes.size === 0
  }

  get bytes(): number {
    return this.#sizes.values().reduce((sum, size) => sum + size, 0)
  }

  append(entry: SpooledRecord): Promise<void> {
    return this.#inLine(() => this.#write(Buffer.from(`${JSON.stringify(entry)}\n`)))
  }

  async replay(publish: (entries: SpooledRecord[]) => Promise<void>): Promise<void> {
    // What comes from now on goes to another file, so that those to be replayed do not change any more.
    await this.#inLine(() => this.#closeOwn())
    for (const path of [...this.#sizes.keys()].filter(name => name !== this.#own?.path)) {
      for await (const lines of linesOf(path, REPLAY_BATCH)) {
        await publish(lines.flatMap(line => parse(line, path, this.#log)))
      }
      await unlink(path).catch(() => undefined)
      this.#forget(path)
    }
  }

  async takeOver(): Promise<void> {
    const paths = await takeOverSpoolFiles(this.#folder)
    for (const path of paths) this.#sizes.set(path, (await sizeOf(path)) ?? 0)
    if (paths.length > 0) this.#log.warn({ files: paths.length }, 'spool: records of an earlier run wait')
  }

  async close(): Promise<void> {
    await this.#inLine(() => this.#closeOwn())
    for (const path of this.#sizes.keys()) disownSpoolFile(path)
  }

  async #write(line: Buffer): Promise<void> {
    if (this.bytes + line.length > this.#mostBytes) {
      throw new Error(`the spool is full (SPOOL_MAX_BYTES = ${this.#mostBytes})`)
    }
    this.#own ??= await createSpoolFile(this.#folder)
    const { path, handle } = this.#own
    try {
      await handle.appendFile(line)
      await handle.datasync()
    } catch (error) {
      // A full disk may have taken half a line: what follows it must begin on a line of its own.
      await this.#closeOwn().catch(() => undefined)
      throw error
    } finally {
      this.#sizes.set(path, (await sizeOf(path)) ?? 0)
    }
    if ((await sizeOf(path)) !== null) return
    // Somebody took the file for an orphan's while this process stood still; the line may be lost with it.
    this.#forget(path)
    await this.#closeOwn()
    await this.#write(line)
  }

  async #closeOwn(): Promise<void> {
    const closing = this.#own
    this.#own = null
    await closing?.handle.close()
  }

  #forget(path: string): void {
    this.#sizes.delete(path)
    disownSpoolFile(path)
  }

  async #inLine<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work)
    this.#writing = result.catch(() => undefined)
    return result
  }
}

function parse(line: string, path: string, log: Logger): SpooledRecord[] {
  try {
    const entry = JSON.parse(line) as SpooledRecord
    if (typeof entry?.id === 'string' && entry.record) return [entry]
  } catch {
    // Reported below, like every other line that is no record.
  }
  log.error({ path, bytes: line.length }, 'spool: a broken line is skipped')
  return []
}
