import type { ListLedgerCall } from '@lectern/shared/contracts/budget.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import { toCursor, toPage } from '@lectern/shared/page.ts'
import { readEntryCursor } from '../cursors.ts'
import { toLedgerEntry } from '../ledger-entry.ts'
import type { Statements } from '../store/statements.ts'
import type { Students } from '../store/students.ts'

/** `quota.ledger.list`: newest first; week null: all weeks. */
export function listLedger(students: Students, statements: Statements): Handler<typeof ListLedgerCall> {
  return async ({ studentId, week, limit, cursor }) => {
    await students.find(studentId)
    const rows = await statements.list({ studentId, week }, limit + 1, readEntryCursor(cursor))
    return toPage(rows.map(toLedgerEntry), limit, entry => toCursor([entry.id]))
  }
}
