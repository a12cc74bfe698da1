import type { LedgerEntry } from '@lectern/shared/contracts/budget.ts'
import type { LedgerEntry as EntryRow } from '../generated/client.ts'

/** An entry of the ledger as staff see it. */
export function toLedgerEntry(row: EntryRow): LedgerEntry {
  const { studentId, courseId, week, reservationId, model, actor, reason, createdAt } = row
  return {
    id: String(row.id),
    // The table's check admits no other.
    kind: row.kind as LedgerEntry['kind'],
    studentId,
    courseId,
    week,
    tokens: Number(row.tokens),
    reservationId,
    model,
    inputTokens: row.inputTokens === null ? null : Number(row.inputTokens),
    outputTokens: row.outputTokens === null ? null : Number(row.outputTokens),
    actor,
    reason,
    createdAt: createdAt.toISOString(),
  }
}
