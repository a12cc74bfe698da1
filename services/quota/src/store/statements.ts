import type { GrantCall } from '@lectern/shared/contracts/budget.ts'
import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { LedgerEntry as EntryRow } from '../../generated/client.ts'
import type { Database } from './database.ts'

/** What staff read in the ledger and write into it. */
export interface Statements {
  /** Newest first, behind the one named; week null: all weeks. */
  list(of: { studentId: string; week: number | null }, limit: number, before?: bigint): Promise<EntryRow[]>
  /** Repeatable by the grant's id; another content for the same id is a conflict. */
  grant(courseId: string, grant: RequestOf<typeof GrantCall>): Promise<EntryRow>
}

export function createStatements(database: Database): Statements {
  return {
    list({ studentId, week }, limit, before) {
      return database.ledgerEntry.findMany({
        where: {
          studentId,
          ...(week === null ? {} : { week }),
          ...(before === undefined ? {} : { id: { lt: before } }),
        },
        orderBy: { id: 'desc' },
        take: limit,
      })
    },

    async grant(courseId, { grantId, studentId, week, tokens, reason, actor }) {
      const id = `grant:${grantId}`
      const data = { kind: 'grant', studentId, courseId, week, tokens, grantId: id, reason, actor }
      await database.ledgerEntry.createMany({ data: [data], skipDuplicates: true })
      const entry = await database.ledgerEntry.findUniqueOrThrow({ where: { grantId: id } })
      const same =
        entry.studentId === studentId &&
        entry.week === week &&
        entry.tokens === BigInt(tokens) &&
        entry.reason === reason &&
        entry.actor === actor
      if (same) return entry
      throw new LecternError('conflict', {
        message: 'This grant id was used for another grant.',
        param: 'grantId',
      })
    },
  }
}
