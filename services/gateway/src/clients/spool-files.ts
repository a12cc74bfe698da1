import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readdir, rename, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * The files of a spool. Each process writes files of its own, `<host>~<process>~<id>.spool`, so that several gateways may
 * share a folder; what processes leave behind that are gone is taken over by renaming it: only one heir can succeed.
 */

const SUFFIX = '.spool'
/** A file of another host, whose processes cannot be asked, is an orphan when it has not grown for this long. */
const FOREIGN_AGE_MS = 600_000
/** Files of this process: several gateways may run in one (tests do). */
const openHere = new Set<string>()

/** Creates a file of this process, for appending. */
export async function createSpoolFile(folder: string): Promise<{ path: string; handle: FileHandle }> {
  const path = newPath(folder)
  const handle = await open(path, 'ax', 0o600)
  // A power cut must not forget the file's name, either.
  const directory = await open(folder)
  await directory.sync().finally(() => directory.close())
  return { path, handle }
}

/** Says that a file is not this process's any more. */
export function disownSpoolFile(path: string): void {
  openHere.delete(path)
}

/** Takes over the files that processes left behind; gives their new paths. */
export async function takeOverSpoolFiles(folder: string): Promise<string[]> {
  const taken: string[] = []
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (!name.endsWith(SUFFIX) || openHere.has(path) || !(await isOrphan(path, name))) continue
    const mine = newPath(folder)
    const renamed = await rename(path, mine).then(
      () => true,
      () => false,
    )
    if (renamed) taken.push(mine)
    else disownSpoolFile(mine)
  }
  return taken
}

/** The lines of a file, in batches. A file that somebody has taken over meanwhile has none. */
export async function* linesOf(path: string, batchSize: number): AsyncGenerator<string[]> {
  if ((await sizeOf(path)) === null) return
  let batch: string[] = []
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (line !== '') batch.push(line)
    if (batch.length === batchSize) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** Bytes of a file, or null where there is none by that name. */
export async function sizeOf(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.size ?? null
}

function newPath(folder: string): string {
  const path = join(folder, `${hostname()}~${process.pid}~${randomUUID()}${SUFFIX}`)
  openHere.add(path)
  return path
}

async function isOrphan(path: string, name: string): Promise<boolean> {
  const [host, pid] = name.split('~')
  if (host !== hostname()) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
    return Date.now() - mtimeMs > FOREIGN_AGE_MS
  }
  // In a container the next process has the same number as the one before.
  if (Number(pid) === process.pid) return true
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
