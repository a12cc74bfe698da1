import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { Key, NewKey, NewStudent, Student } from './courses.ts'
import { CourseId, KeyHash, ModelName, Nullable, StudentId, TimeMs } from './fields.ts'
import { Address, SecretHash } from './staff.ts'

/**
 * What students do on their own page: join a course by its code, sign in with their key, look at their own. Owned by the quota
 * service, asked by the console. Of a key and of a session only the SHA-256 travels.
 */

// Who joins, or changes a key, orders something: what only a newer console knows must not be ignored.
const closed = { additionalProperties: false }

/** As it was typed; quota reads it in any case, with dashes or without. */
export const JoinCode = Type.String({ minLength: 1, maxLength: 40 })
/** Names a text by its SHA-256. */
export const ConsentVersion = Type.String({ pattern: '^[0-9a-f]{64}$' })

const tooMany = Type.Object({
  found: Type.Literal(false),
  /** Null: the code is wrong. Else there were too many wrong ones from this address. */
  retryAfterMs: Nullable(Type.Integer({ minimum: 0 })),
})

/** The course of a code. A wrong one takes one of the tries of the address. */
export const FindJoinCall = defineCall(
  'quota.join.find',
  Type.Object({ address: Address, code: JoinCode }),
  Type.Union([
    tooMany,
    Type.Object({
      found: Type.Literal(true),
      course: Type.Object({ id: CourseId, name: Type.String() }),
      /** What must be accepted; null: nothing. */
      consent: Nullable(Type.Object({ version: ConsentVersion, text: Type.String() })),
    }),
  ]),
)

/** A new student, by the code. Nothing is told of who is there already but that the address is taken. */
export const JoinCall = defineCall(
  'quota.join.enter',
  Type.Object(
    {
      address: Address,
      code: JoinCode,
      /** For which the key was made; the code may have got another course since. */
      courseId: CourseId,
      student: NewStudent,
      /** The text that was accepted; null: none. */
      consent: Nullable(ConsentVersion),
    },
    closed,
  ),
  Type.Union([
    Type.Object({
      joined: Type.Literal(false),
      reason: Type.Enum(['code', 'tries', 'domain', 'consent', 'email']),
      retryAfterMs: Nullable(Type.Integer({ minimum: 0 })),
    }),
    Type.Object({ joined: Type.Literal(true), student: Student }),
  ]),
)

/** Who has signed in, and their course as far as it concerns them. */
export const Me = Type.Object({
  student: Type.Object({
    id: StudentId,
    name: Type.String(),
    email: Type.String(),
    group: Nullable(Type.String()),
  }),
  course: Type.Object({
    id: CourseId,
    name: Type.String(),
    timezone: Type.String(),
    /** Public names; empty: every configured model. */
    models: Type.Array(ModelName),
    defaultMaxTokens: Type.Integer(),
    requestsPerMinute: Type.Integer(),
    parallelRequests: Type.Integer(),
  }),
  /** The key that the session was opened with. */
  key: Type.Object({ id: Type.String(), hint: Type.String(), createdAt: Type.String() }),
})
export type Me = Static<typeof Me>

/** A session by a key. It ends with the key: revoked, rotated, or the student dropped. */
export const OpenStudentSessionCall = defineCall(
  'quota.me.open',
  Type.Object({
    address: Address,
    keyHash: KeyHash,
    session: Type.Object({ hash: SecretHash, replaces: Type.Optional(SecretHash) }),
  }),
  Type.Union([
    Type.Object({
      opened: Type.Literal(false),
      /** Null: nobody's key. */
      retryAfterMs: Nullable(Type.Integer({ minimum: 0 })),
    }),
    Type.Object({ opened: Type.Literal(true), me: Me }),
  ]),
)
const OfSession = Type.Object({ hash: SecretHash })
/** Whose session it is, and that it is used now. */
export const FindStudentSessionCall = defineCall(
  'quota.me.find',
  OfSession,
  Type.Object({ me: Nullable(Me) }),
)
export const EndStudentSessionCall = defineCall(
  'quota.me.end',
  OfSession,
  Type.Object({ ended: Type.Boolean() }),
)
/** A new key in the place of the session's own, which ends now; this session goes on with the new one, all others of the old one end. */
export const RotateOwnKeyCall = defineCall(
  'quota.me.rotate',
  Type.Object({ hash: SecretHash, key: NewKey }, closed),
  Type.Union([
    Type.Object({ rotated: Type.Literal(false) }),
    Type.Object({ rotated: Type.Literal(true), key: Key }),
  ]),
)
/** A key for a few minutes, for a chat on the page. It is budgeted and limited like the student's own, and ends with it. */
export const MintSessionKeyCall = defineCall(
  'quota.me.session-key',
  Type.Object({ hash: SecretHash, key: NewKey }, closed),
  Type.Union([
    Type.Object({ minted: Type.Literal(false) }),
    Type.Object({ minted: Type.Literal(true), expiresAtMs: TimeMs }),
  ]),
)

/** What a student used on a day of the course's time zone. */
export const UseOfDay = Type.Object({
  day: Type.String({ description: 'YYYY-MM-DD' }),
  requests: Type.Integer({ minimum: 0 }),
  inputTokens: Type.Integer({ minimum: 0 }),
  outputTokens: Type.Integer({ minimum: 0 }),
  /** Charged. */
  tokens: Type.Integer({ minimum: 0 }),
})
/** The last days until today, the oldest first; those without use, too. */
export const UseByDayCall = defineCall(
  'quota.me.use',
  Type.Object({ studentId: StudentId, days: Type.Integer({ minimum: 1, maximum: 400 }) }),
  Type.Object({ items: Type.Array(UseOfDay) }),
)
