import { storableText } from '../storable.ts'
import type { Database } from './database.ts'

/** Which conversations staff have marked for a second look. */
export interface Flags {
  /** Answers whether there is such a conversation. Twice is as once. */
  set(id: string, actor: string): Promise<boolean>
  clear(id: string): Promise<boolean>
}

/** The flags in Postgres. */
export function createFlags(db: Database): Flags {
  const exists = async (id: string) =>
    (await db.record.count({ where: { id: storableText(id) }, take: 1 })) > 0
  return {
    async set(id, actor) {
      await db.$executeRaw`
        INSERT INTO logs.flags (record_id, started_at, course_id, flagged_by)
        SELECT id, started_at, course_id, ${storableText(actor)} FROM logs.records WHERE id = ${storableText(id)}
            ON CONFLICT (record_id) DO NOTHING`
      return exists(id)
    },
    async clear(id) {
      await db.flag.deleteMany({ where: { recordId: storableText(id) } })
      return exists(id)
    },
  }
}
