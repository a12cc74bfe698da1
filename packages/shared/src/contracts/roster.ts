import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { Course, NewKey, Student } from './courses.ts'
import { Actor, CourseId, GroupName, Nullable, RequestId, RosterId, StudentId, Week } from './fields.ts'

/** What staff do with a whole roster, and with one of its rows. Owned by the quota service, asked by the console. */

// Staff order these: a field that only a newer console knows must not be ignored.
const closed = { additionalProperties: false }

const Name = Type.String({ minLength: 1, maxLength: 200 })
const Email = Type.String({ maxLength: 320 })

/** A changed group is, like a changed allowance, a correcting entry in the ledger of the running and later weeks. */
export const UpdateStudentCall = defineCall(
  'quota.students.update',
  Type.Object(
    {
      studentId: StudentId,
      patch: Type.Partial(Type.Object({ name: Name, email: Email, group: Nullable(GroupName) }), closed),
      actor: Actor,
    },
    closed,
  ),
  Student,
)

/** `merge` adds and changes; `replace` also drops the students of the course whom the roster does not name. */
export const ImportMode = Type.Enum(['merge', 'replace'])
export type ImportMode = Static<typeof ImportMode>

/** A student of a roster. They are known by the id; where none is given by the e-mail address, of this course. */
const rowFields = {
  id: Nullable(RosterId),
  name: Name,
  email: Email,
  /** Left out: as it is. */
  group: Type.Optional(Nullable(GroupName)),
}
export const ImportRow = Type.Object(rowFields, closed)
export type ImportRow = Static<typeof ImportRow>

/** Most rows of an import. */
export const MOST_IMPORTED = 10_000

const Person = Type.Object({
  id: Nullable(StudentId),
  name: Type.String(),
  email: Type.String(),
  group: Nullable(Type.String()),
})
export type Person = Static<typeof Person>
const Index = Type.Integer({ minimum: 0 })

/** What an import comes to. `index` is of the row. Somebody who was dropped and is named again is added, under the id as it was. */
export const ImportPlan = Type.Object({
  added: Type.Array(Type.Object({ index: Index, student: Person })),
  changed: Type.Array(Type.Object({ index: Index, before: Person, after: Person })),
  dropped: Type.Array(Person),
  unchanged: Type.Integer({ minimum: 0 }),
  /** Rows that contradict what is kept; with one of them nothing is imported. */
  faults: Type.Array(Type.Object({ index: Index, message: Type.String() })),
})
export type ImportPlan = Static<typeof ImportPlan>

/** What an import would do. */
export const PlanImportCall = defineCall(
  'quota.students.plan-import',
  Type.Object(
    { courseId: CourseId, mode: ImportMode, rows: Type.Array(ImportRow, { maxItems: MOST_IMPORTED }) },
    closed,
  ),
  ImportPlan,
)
/** Does it, all or nothing. A row that turns out to be new and has neither id nor key is a conflict: the roster has changed since the plan. */
export const ImportStudentsCall = defineCall(
  'quota.students.import',
  Type.Object(
    {
      courseId: CourseId,
      mode: ImportMode,
      rows: Type.Array(Type.Object({ ...rowFields, key: Type.Optional(NewKey) }, closed), {
        maxItems: MOST_IMPORTED,
      }),
      actor: Actor,
    },
    closed,
  ),
  ImportPlan,
)

/** Those who get a grant, of the students who are active. */
export const GrantTo = Type.Union([
  Type.Object({ students: Type.Array(StudentId, { minItems: 1, maxItems: MOST_IMPORTED }) }, closed),
  Type.Object({ group: GroupName }, closed),
  Type.Object({ all: Type.Literal(true) }, closed),
])
export type GrantTo = Static<typeof GrantTo>

/**
 * The same grant for many students of a course, all or nothing. Week null: the running one. Idempotent by `grantId`: whoever
 * joins a group later gets nothing by a repetition.
 */
export const GrantManyCall = defineCall(
  'quota.grants.add-many',
  Type.Object(
    {
      grantId: RequestId,
      courseId: CourseId,
      to: GrantTo,
      week: Nullable(Week),
      tokens: Type.Integer({ minimum: -1_000_000_000_000, maximum: 1_000_000_000_000 }),
      reason: Type.String({ minLength: 1, maxLength: 500 }),
      actor: Actor,
    },
    closed,
  ),
  Type.Object({
    courseId: CourseId,
    week: Week,
    tokens: Type.Integer(),
    reason: Type.String(),
    /** How many students got it. */
    students: Type.Integer({ minimum: 0 }),
  }),
)

/** A new code by which students join, in place of the one before; `on` false: none. */
export const SetJoinCodeCall = defineCall(
  'quota.courses.join-code',
  Type.Object({ courseId: CourseId, on: Type.Boolean() }, closed),
  Course,
)
