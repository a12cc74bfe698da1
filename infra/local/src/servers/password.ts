import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'

/** The password in this file; made up the first time, and kept, so that the server's URL stays valid. */
export async function keptPassword(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    const password = randomUUID()
    await writeFile(file, password, { mode: 0o600 })
    return password
  }
}
