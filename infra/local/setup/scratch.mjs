// Where the tests keep what dies with them: some hundred databases, made and removed within minutes.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 2 * 2 ** 30

/** A folder for this run, removed with this process: in memory where there is room, unless TMPDIR says where. */
export function makeScratch() {
  const parent = !process.env.TMPDIR && hasRoom(MEMORY) ? MEMORY : tmpdir()
  const folder = mkdtempSync(join(parent, 'lectern-tests-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

function hasRoom(folder) {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize >= ENOUGH_BYTES
  } catch {
    // Not on this system, or on a Node that cannot tell (before 18.15).
    return false
  }
}
