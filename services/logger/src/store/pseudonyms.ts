import { createHmac, randomBytes } from 'node:crypto'
import type { Database } from './database.ts'

/** What stands for each of the students, in their order. */
export type Pseudonyms = (courseId: string, studentIds: readonly string[]) => Promise<string[]>

/** 60 bits: two of 10,000 students share a pseudonym once in twenty billion courses. */
const HEX_DIGITS = 15

/** Pseudonyms by the secret of the course, which is made when it is first needed. */
export function createPseudonyms(db: Database): Pseudonyms {
  return async (courseId, studentIds) => {
    await db.pseudonymSecret.createMany({
      data: [{ courseId, secret: Uint8Array.from(randomBytes(32)) }],
      skipDuplicates: true,
    })
    const { secret } = await db.pseudonymSecret.findUniqueOrThrow({ where: { courseId } })
    return studentIds.map(
      id => `student-${createHmac('sha256', secret).update(id).digest('hex').slice(0, HEX_DIGITS)}`,
    )
  }
}
