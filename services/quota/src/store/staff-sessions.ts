import type { NewSession } from '@lectern/shared/contracts/staff.ts'
import type { Prisma } from '../../generated/client.ts'
import { type StaffRow, withRoles } from '../staff.ts'
import type { Database } from './database.ts'

/** How long a session lives. */
export interface SessionLimits {
  /** Without being used. */
  idleMs: number
  /** However it is used. */
  longestMs: number
}

/** Who is signed in, in Postgres. */
export interface StaffSessions {
  /** Whose it is; null: nobody's, or it has ended. Counts as a use. */
  find(hash: string, nowMs: number): Promise<StaffRow | null>
  end(hash: string): Promise<boolean>
}

/** An idle session is not written at each request: its last use is known to the minute. */
const WRITTEN_EVERY_MS = 60_000

export function createStaffSessions(database: Database, limits: SessionLimits): StaffSessions {
  return {
    async find(hash, nowMs) {
      const session = await database.staffSession.findUnique({
        where: { hash },
        include: { staff: { include: withRoles } },
      })
      if (!session || session.staff.disabled) return null
      const idleMs = nowMs - session.usedAt.getTime()
      if (idleMs >= limits.idleMs || nowMs - session.createdAt.getTime() >= limits.longestMs) return null
      if (idleMs >= WRITTEN_EVERY_MS) {
        await database.staffSession.updateMany({ where: { hash }, data: { usedAt: new Date(nowMs) } })
      }
      return session.staff
    },

    async end(hash) {
      const { count } = await database.staffSession.deleteMany({ where: { hash } })
      return count > 0
    },
  }
}

/** Begins a session in a transaction; the one that it replaces ends, and what of all sessions has ended is forgotten. */
export async function beginSession(
  work: Prisma.TransactionClient,
  staffId: string,
  { hash, replaces }: NewSession,
  { idleMs, longestMs, nowMs }: SessionLimits & { nowMs: number },
): Promise<void> {
  const now = new Date(nowMs)
  await work.staffSession.deleteMany({
    where: {
      OR: [
        ...(replaces === undefined ? [] : [{ hash: replaces }]),
        { usedAt: { lte: new Date(nowMs - idleMs) } },
        { createdAt: { lte: new Date(nowMs - longestMs) } },
      ],
    },
  })
  await work.staffSession.create({ data: { hash, staffId, createdAt: now, usedAt: now } })
}
