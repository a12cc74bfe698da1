import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { CourseId, Iso, Next, Nullable, PageQuery, RequestId } from './fields.ts'

/** What staff did, and what they read of students: added to, read, never changed. Owned by the logger, asked by the console. */

const entry = {
  /** UUIDv7 made by the console; the same entry sent again is one. */
  id: Type.String({ minLength: 1, maxLength: 64 }),
  actor: Type.String({
    minLength: 1,
    maxLength: 320,
    description: 'an e-mail; `token`: a script; for a sign-in, what was tried',
  }),
  actorId: Nullable(Type.String({ maxLength: 64 })),
  address: Type.String({ maxLength: 100 }),
  action: Type.String({ minLength: 1, maxLength: 100, description: '`<noun>.<verb>`' }),
  courseId: Nullable(CourseId),
  subject: Nullable(Type.String({ maxLength: 500, description: 'the id of what it was done to' })),
  details: Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.Unknown()),
  requestId: RequestId,
  outcome: Type.String({
    minLength: 1,
    maxLength: 20,
    description:
      '`started`: written before it was done, and done where no `failed` follows; `done` and `failed`: written after it',
  }),
}

export const AuditEntry = Type.Object({ ...entry, at: Iso })
export type AuditEntry = Static<typeof AuditEntry>
export const NewAuditEntry = Type.Object(entry)
export type NewAuditEntry = Static<typeof NewAuditEntry>

/** Answers when it is kept. */
export const AppendAuditCall = defineCall('audit.append', NewAuditEntry, Type.Object({}))

/** Newest first; `from` inclusive, `to` exclusive. */
export const ListAuditCall = defineCall(
  'audit.list',
  Type.Object({
    courseId: Type.Optional(CourseId),
    actor: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
    from: Type.Optional(Iso),
    to: Type.Optional(Iso),
    ...PageQuery,
  }),
  Type.Object({ items: Type.Array(AuditEntry), next: Next }),
)
