import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import {
  Actor,
  CourseId,
  Domain,
  GroupName,
  Iso,
  KeyHash,
  KeyId,
  ModelName,
  Next,
  Nullable,
  PageQuery,
  RosterId,
  StudentId,
  Tokens,
} from './fields.ts'
import { Balance, Weights } from './quota.ts'

/** What staff do with courses, students, keys and grants. Owned by the quota service, asked by the console. */

const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'a date, YYYY-MM-DD' })

const settings = {
  name: Type.String({ minLength: 1, maxLength: 200 }),
  /** IANA name. */
  timezone: Type.String({ minLength: 1, maxLength: 64 }),
  /** First day of week 1. */
  startsOn: Day,
  weeks: Type.Integer({ minimum: 1, maximum: 104 }),
  /** The allowance of each student in each week. */
  weeklyTokens: Tokens,
  /** Output cap per choice of a request that names none. */
  defaultMaxTokens: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
  /** Public model names; empty: every configured model. */
  models: Type.Array(ModelName, { maxItems: 200 }),
  /** Requests per minute of one student. */
  requestsPerMinute: Type.Integer({ minimum: 1, maximum: 100_000, default: 60 }),
  /** Requests of one student running at once. */
  parallelRequests: Type.Integer({ minimum: 1, maximum: 10_000, default: 8 }),
}

// Staff write these by hand: a mistyped field must not be ignored, nor one that a newer console knows and this quota cannot honour.
const closed = { additionalProperties: false }

const breakFields = {
  /** The day on which a week of the calendar would begin. */
  startsOn: Day,
  weeks: Type.Integer({ minimum: 1, maximum: 52 }),
}
/** Weeks in which the course rests; the week after them has the next number. */
export const Break = Type.Object(breakFields, closed)
export type Break = Static<typeof Break>

/** What a course may leave out; `of` makes its inner objects: closed where staff give them, open where they are read. */
const extras = (of: { additionalProperties?: boolean }) => ({
  /** Public model name -> what its tokens cost; models that are not named cost a token per token. */
  modelWeights: Type.Record(
    // Any text: a name that the pattern missed would go unchecked, with all that it stands for.
    Type.String({ pattern: '^[\\s\\S]*$' }),
    Type.Object(Weights.properties, of),
    { maxProperties: 200, default: {} },
  ),
  /** Tokens per minute of one student; null: no limit. */
  tokensPerMinute: Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), Type.Null()], {
    default: null,
  }),
  /** Requests of all students of the course running at once; null: no limit. */
  courseParallelRequests: Type.Union([Type.Integer({ minimum: 1, maximum: 100_000 }), Type.Null()], {
    default: null,
  }),
  breaks: Type.Array(Type.Object(breakFields, of), { maxItems: 52, default: [] }),
  /** The allowance of each stretch outside the weeks (before, each break, after); null: closed then. */
  outsideTokens: Type.Union([Tokens, Type.Null()], { default: null }),
  /** So many unused tokens of the week before are added to a week; 0: none. */
  carryOverTokens: Type.Integer({ minimum: 0, maximum: 1_000_000_000_000, default: 0 }),
})

/** In the course's currency for a million tokens, as providers list them. */
const prices = {
  input: Type.Number({ minimum: 0, maximum: 1_000_000 }),
  /** Of input that the provider had cached. */
  cachedInput: Type.Number({ minimum: 0, maximum: 1_000_000 }),
  output: Type.Number({ minimum: 0, maximum: 1_000_000 }),
}
export const Prices = Type.Object(prices)
export type Prices = Static<typeof Prices>

/** What was added later: a course that an older quota tells of lacks it. `of` as above. */
const later = (of: { additionalProperties?: boolean }) => ({
  /** Students may use keys of their own at the providers that take them; what they pay themselves is not charged. */
  ownKeys: Type.Boolean({ default: false }),
  /** Whether an answer is given again to the very same question: never, for nothing, or charged as if it were new. */
  answerCache: Type.Enum(['off', 'free', 'charged'], { default: 'off' }),
  /** How long an answer may be given again. */
  answerCacheMinutes: Type.Integer({ minimum: 1, maximum: 10_080, default: 60 }),
  /** Group -> the weekly allowance of its students, instead of `weeklyTokens`. */
  groupTokens: Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Tokens, {
    maxProperties: 200,
    default: {},
  }),
  /** Only with an e-mail address of these domains does one join by the code; empty: with any. Not of their subdomains. */
  joinDomains: Type.Array(Domain, { maxItems: 50, default: [] }),
  /** What a student must accept to join by the code; null: nothing. */
  consentText: Type.Union([Type.String({ minLength: 1, maxLength: 20_000 }), Type.Null()], { default: null }),
  /** Conversations are deleted so many days after they began; null: they are kept. */
  retentionDays: Type.Union([Type.Integer({ minimum: 1, maximum: 3650 }), Type.Null()], { default: null }),
  /** Public model name -> what its provider takes; for staff to see what a week costs, of no other effect. */
  modelPrices: Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.Object(prices, of), {
    maxProperties: 200,
    default: {},
  }),
  currency: Type.String({
    pattern: '^[A-Z]{3}$',
    description: 'three capital letters, ISO 4217',
    default: 'USD',
  }),
})

export const CourseInput = Type.Object(
  {
    id: CourseId,
    ...settings,
    ...Type.Partial(Type.Object({ ...extras(closed), ...later(closed) })).properties,
  },
  closed,
)
export type CourseInput = Static<typeof CourseInput>
export const CoursePatch = Type.Partial(
  Type.Object({ ...settings, ...extras(closed), ...later(closed) }),
  closed,
)
export type CoursePatch = Static<typeof CoursePatch>
export const Course = Type.Object({
  id: CourseId,
  ...settings,
  ...extras({}),
  ...Type.Partial(Type.Object(later({}))).properties,
  /** By which students join on their own; null: nobody does. Made by `quota.courses.join-code`. */
  joinCode: Type.Optional(Nullable(Type.String())),
  createdAt: Iso,
})
export type Course = Static<typeof Course>

export const CreateCourseCall = defineCall('quota.courses.create', CourseInput, Course)
export const GetCourseCall = defineCall('quota.courses.get', Type.Object({ courseId: CourseId }), Course)
/** By id; with `courseIds`, only of those. */
export const ListCoursesCall = defineCall(
  'quota.courses.list',
  Type.Object({ ...PageQuery, courseIds: Type.Optional(Type.Array(CourseId, { maxItems: 1000 })) }),
  Type.Object({ items: Type.Array(Course), next: Next }),
)
/** Changes apply to the running week at once; a changed allowance is a correcting entry in the ledger. */
export const UpdateCourseCall = defineCall(
  'quota.courses.update',
  Type.Object({ courseId: CourseId, patch: CoursePatch, actor: Actor }),
  Course,
)

export const Key = Type.Object({
  id: KeyId,
  hint: Type.String({ description: 'the first characters, to tell keys apart' }),
  createdAt: Iso,
  revokedAt: Nullable(Iso),
})
export type Key = Static<typeof Key>
export const Student = Type.Object({
  id: StudentId,
  courseId: CourseId,
  name: Type.String(),
  email: Type.String(),
  /** A section of the course; null: none. */
  group: Type.Optional(Nullable(Type.String())),
  /** Who joined by the code: which text they accepted (its SHA-256), and when. Null: none. */
  consentVersion: Type.Optional(Nullable(Type.String())),
  consentedAt: Type.Optional(Nullable(Iso)),
  active: Type.Boolean(),
  createdAt: Iso,
  keys: Type.Array(Key),
})
export type Student = Static<typeof Student>

/** A key as it travels: never itself, only its hash. The console makes it and shows it once. */
export const NewKey = Type.Object({ id: KeyId, hash: KeyHash, hint: Type.String({ maxLength: 16 }) })
export type NewKey = Static<typeof NewKey>

export const NewStudent = Type.Object({
  id: RosterId,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  email: Type.String({ maxLength: 320 }),
  group: Type.Optional(Nullable(GroupName)),
  key: NewKey,
})
export type NewStudent = Static<typeof NewStudent>

/** All or nothing. An id or e-mail (of this course) that is taken is a conflict that names the row. */
export const AddStudentsCall = defineCall(
  'quota.students.add',
  Type.Object({ courseId: CourseId, students: Type.Array(NewStudent, { minItems: 1, maxItems: 2000 }) }),
  Type.Object({ items: Type.Array(Student) }),
)
export const GetStudentCall = defineCall('quota.students.get', Type.Object({ studentId: StudentId }), Student)
/** By id, the dropped ones too where nothing else is asked for. */
export const ListStudentsCall = defineCall(
  'quota.students.list',
  Type.Object({
    courseId: CourseId,
    /** Found anywhere in a name, or at the beginning of an e-mail address or id, in any case. */
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    group: Type.Optional(GroupName),
    active: Type.Optional(Type.Boolean()),
    /** Only these. */
    ids: Type.Optional(Type.Array(StudentId, { minItems: 1, maxItems: 100 })),
    /** With the running week's balance; the weeks of those on the page are opened by that. */
    balances: Type.Optional(Type.Boolean()),
    ...PageQuery,
  }),
  Type.Object({
    items: Type.Array(
      Type.Object({
        ...Student.properties,
        /** Absent: not asked for. Null: no week of the course is running. */
        balance: Type.Optional(Nullable(Balance)),
      }),
    ),
    next: Next,
  }),
)
/** Drops a student: all keys are revoked at once; ledger and records stay. */
export const DropStudentCall = defineCall(
  'quota.students.drop',
  Type.Object({ studentId: StudentId }),
  Student,
)

export const CreateKeyCall = defineCall(
  'quota.keys.create',
  Type.Object({ studentId: StudentId, key: NewKey }),
  Key,
)
/** Whose key it is: the console must know the course before it can mint the next one. */
export const GetKeyCall = defineCall(
  'quota.keys.get',
  Type.Object({ keyId: KeyId }),
  Type.Object({ key: Key, studentId: StudentId, courseId: CourseId }),
)
/** The old key ends in the same moment as the new one begins. */
export const RotateKeyCall = defineCall('quota.keys.rotate', Type.Object({ keyId: KeyId, key: NewKey }), Key)
export const RevokeKeyCall = defineCall('quota.keys.revoke', Type.Object({ keyId: KeyId }), Key)
