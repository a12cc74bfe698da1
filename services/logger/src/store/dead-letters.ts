import { storableJson, storableText } from '../storable.ts'
import type { Database } from './database.ts'

/** A message that a consumer could not store, as it came. */
export interface DeadLetter {
  /** Unique in the DEADLETTER stream, also after that was made anew. */
  id: string
  consumer: string
  subject: string
  headers: Record<string, string[]>
  body: Uint8Array
  reason: string
  at: Date
}

/** Keeps dead letters, each once. */
export interface DeadLetters {
  keep(letters: readonly DeadLetter[]): Promise<void>
}

/** The dead letters in Postgres. */
export function createDeadLetters(db: Database): DeadLetters {
  return {
    async keep(letters) {
      // Nothing here may fail because of what a letter contains: it would become a dead letter of its own, for ever.
      const data = letters.map(letter => ({
        ...letter,
        subject: storableText(letter.subject),
        consumer: storableText(letter.consumer),
        reason: storableText(letter.reason),
        headers: JSON.parse(storableJson(letter.headers).json),
        body: Uint8Array.from(letter.body),
      }))
      await db.deadLetter.createMany({ data, skipDuplicates: true })
    },
  }
}
