import { globSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setInterval as every } from 'node:timers/promises'
import type { Say } from './progress.ts'

const POLL_MS = 200

/** Repeats on the terminal what is written to the logs, each line with the name of its process (--verbose). */
export async function followLogs(folder: string, say: Say): Promise<void> {
  const seen = new Map<string, number>()
  for await (const _ of every(POLL_MS, undefined, { ref: false })) {
    for (const path of globSync(join(folder, '*.log'))) {
      if (path.endsWith('.1.log')) continue
      const { text, end } = await readFrom(path, seen.get(path) ?? 0)
      seen.set(path, end)
      for (const line of text.split('\n')) if (line) say(`${basename(path, '.log').padEnd(13)} | ${line}`)
    }
  }
}

/** The complete lines after this position; the rest comes with the next reading. */
async function readFrom(path: string, position: number): Promise<{ text: string; end: number }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - position), 0, size - position, position)
    const complete = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1
    return { text: buffer.toString('utf8', 0, complete), end: position + complete }
  } finally {
    await file.close()
  }
}
