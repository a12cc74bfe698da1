import type { NewSession } from '@lectern/shared/contracts/staff.ts'
import type { Prisma } from '../../generated/client.ts'
import { type StaffRow, withRoles } from '../staff.ts'
import type { Database } from './database.ts'
import { endedAt, livingAt, type SessionLimits, WRITTEN_EVERY_MS } from './session-limits.ts'

/** Who is signed in, in Postgres. */
export interface StaffSessions {
  /** Whose it is; null: nobody's, or it has ended. Counts as a use. */
  find(hash: string, nowMs: number): Promise<StaffRow | null>
  end(hash: string): Promise<boolean>
}

export function createStaffSessions(database: Database, limits: SessionLimits): StaffSessions {
  return {
    async find(hash, nowMs) {
      const session = await database.staffSession.findUnique({
        where: { hash, ...livingAt(limits, nowMs), staff: { disabled: false } },
        include: { staff: { include: withRoles } },
      })
      if (!session) return null
      if (nowMs - session.usedAt.getTime() >= WRITTEN_EVERY_MS) {
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
  { nowMs, ...limits }: SessionLimits & { nowMs: number },
): Promise<void> {
  const now = new Date(nowMs)
  await work.staffSession.deleteMany({ where: endedAt(limits, nowMs, replaces) })
  await work.staffSession.create({ data: { hash, staffId, createdAt: now, usedAt: now } })
}
