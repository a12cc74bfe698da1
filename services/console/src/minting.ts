import { randomUUIDv7 } from 'node:crypto'
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { NewKey } from '@lectern/shared/contracts/courses.ts'
import { keyHint, mintKey } from '@lectern/shared/keys.ts'

/** A key just made: its text for the one answer that shows it, and what goes over the bus instead (P10). */
export interface MintedKey {
  text: string
  stored: NewKey
}

/** Makes a key of a course. Takes a quarter of a millisecond of CPU. */
export function mintFor(courseId: string): MintedKey {
  const { key, hash } = mintKey(courseId)
  return { text: key, stored: { id: randomUUIDv7(), hash, hint: keyHint(key) } }
}

/** About 10 ms of CPU: other requests wait no longer than that. */
const KEYS_BETWEEN_YIELDS = 40

/** Makes many keys of a course, letting other requests run in between. */
export async function mintMany(courseId: string, count: number): Promise<MintedKey[]> {
  const minted: MintedKey[] = []
  while (minted.length < count) {
    minted.push(mintFor(courseId))
    if (minted.length % KEYS_BETWEEN_YIELDS === 0) await yieldToOthers()
  }
  return minted
}
