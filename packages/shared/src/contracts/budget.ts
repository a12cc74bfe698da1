import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { Actor, CourseId, Iso, Next, Nullable, PageQuery, RequestId, StudentId, Week } from './fields.ts'
import { Balance } from './quota.ts'

/** What staff give students, what they have left, and what was written down of it. Owned by the quota service, asked by the console. */

export const LedgerEntry = Type.Object({
  id: Type.String(),
  /** `allowance`, `carry` and `grant` add to the week; `settle` takes from it; `release` and `expire` end a hold for nothing. */
  kind: Type.Enum(['allowance', 'carry', 'grant', 'settle', 'release', 'expire']),
  studentId: StudentId,
  courseId: CourseId,
  week: Week,
  /** Change of the balance: positive for what is granted, negative for what is charged. */
  tokens: Type.Integer(),
  reservationId: Nullable(Type.String()),
  model: Nullable(Type.String()),
  inputTokens: Nullable(Type.Integer()),
  outputTokens: Nullable(Type.Integer()),
  actor: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  createdAt: Iso,
})
export type LedgerEntry = Static<typeof LedgerEntry>

/** More (or, negative, fewer) tokens for one student in one week. Idempotent by `grantId`. */
export const GrantCall = defineCall(
  'quota.grants.add',
  Type.Object(
    {
      grantId: RequestId,
      studentId: StudentId,
      week: Week,
      tokens: Type.Integer({ minimum: -1_000_000_000_000, maximum: 1_000_000_000_000 }),
      reason: Type.String({ minLength: 1, maxLength: 500 }),
      actor: Actor,
    },
    { additionalProperties: false },
  ),
  LedgerEntry,
)
/** Week null: the running one. */
export const StudentBalanceCall = defineCall(
  'quota.students.balance',
  Type.Object({ studentId: StudentId, week: Nullable(Week) }),
  Balance,
)
/** Newest first. Week null: all weeks. */
export const ListLedgerCall = defineCall(
  'quota.ledger.list',
  Type.Object({ studentId: StudentId, week: Nullable(Week), ...PageQuery }),
  Type.Object({ items: Type.Array(LedgerEntry), next: Next }),
)
