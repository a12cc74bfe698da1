import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import {
  Actor,
  CourseId,
  Iso,
  ModelName,
  Next,
  Nullable,
  PageQuery,
  RequestId,
  StudentId,
  Week,
} from './fields.ts'
import { ConversationRecord, Outcome } from './records.ts'

/** Reading what was kept, and what staff add to it. Owned by the logger, asked by the console. */

const { v: _, messages: __, parameters: ___, answers: ____, ...summaryFields } = ConversationRecord.properties

/** What staff see beside the record itself. Absent: an older logger does not know. */
const staffFields = {
  flagged: Type.Optional(Type.Boolean()),
  notes: Type.Optional(Type.Integer({ minimum: 0, description: 'how many notes there are' })),
  erased: Type.Optional(Type.Boolean({ description: 'its texts were deleted' })),
}

/** A conversation in a list: without its long parts, with the beginning of question and answer. */
export const ConversationSummary = Type.Object({
  ...summaryFields,
  question: Type.String({ description: "beginning of the student's newest message" }),
  answer: Type.String({ description: 'beginning of the answer' }),
  ...staffFields,
})
export type ConversationSummary = Static<typeof ConversationSummary>

/** One conversation, whole. */
export const Conversation = Type.Object({ ...ConversationRecord.properties, ...staffFields })
export type Conversation = Static<typeof Conversation>

/** Which conversations; each field that is given narrows them. */
export const ConversationFilter = {
  courseId: Type.Optional(CourseId),
  studentId: Type.Optional(StudentId),
  week: Type.Optional(Week),
  model: Type.Optional(ModelName),
  /** One that the rule of this id has hit. */
  ruleId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  outcome: Type.Optional(Outcome),
  flagged: Type.Optional(Type.Boolean()),
  /** Start of the request, from (inclusive) and to (exclusive). */
  from: Type.Optional(Iso),
  to: Type.Optional(Iso),
}
const filter = { ...ConversationFilter, ...PageQuery }
const page = Type.Object({ items: Type.Array(ConversationSummary), next: Next })

/** Newest first. */
export const ListConversationsCall = defineCall('conversations.list', Type.Object(filter), page)
/**
 * The same, of those whose question or answer contains `q` (any language, any case). A page may have fewer than `limit`, even
 * none, and a `next`: so far was searched in the time that there is.
 */
export const SearchConversationsCall = defineCall(
  'conversations.search',
  Type.Object({ q: Type.String({ minLength: 1, maxLength: 200 }), ...filter }),
  page,
)
export const GetConversationCall = defineCall(
  'conversations.get',
  Type.Object({ id: RequestId }),
  Conversation,
)
/** Of which course a conversation is, for who asks only whether somebody may see it. */
export const GetConversationCourseCall = defineCall(
  'conversations.course',
  Type.Object({ id: RequestId }),
  Type.Object({ courseId: CourseId }),
)

/** Marks a conversation for a second look, or takes the mark away. Twice is as once. */
export const FlagConversationCall = defineCall(
  'conversations.flag',
  Type.Object({ id: RequestId, flagged: Type.Boolean(), actor: Actor }),
  Type.Object({ id: RequestId, flagged: Type.Boolean() }),
)

export const Note = Type.Object({
  id: Type.String(),
  conversationId: RequestId,
  author: Type.String(),
  text: Type.String(),
  createdAt: Iso,
})
export type Note = Static<typeof Note>

/** Idempotent by `noteId`, which the asker makes. */
export const AddNoteCall = defineCall(
  'conversations.notes.add',
  Type.Object({
    noteId: RequestId,
    id: RequestId,
    text: Type.String({ minLength: 1, maxLength: 4000 }),
    actor: Actor,
  }),
  Note,
)
/** Oldest first. */
export const ListNotesCall = defineCall(
  'conversations.notes.list',
  Type.Object({ id: RequestId, ...PageQuery }),
  Type.Object({ items: Type.Array(Note), next: Next }),
)
/** Only who wrote a note may remove it. */
export const RemoveNoteCall = defineCall(
  'conversations.notes.remove',
  Type.Object({ id: RequestId, noteId: RequestId, actor: Actor }),
  Note,
)

/** The same conversations as a list or, with `q`, a search has, whole. */
export const ExportConversationsCall = defineCall(
  'conversations.export',
  Type.Object({ q: Type.Optional(SearchConversationsCall.request.properties.q), ...filter }),
  Type.Object({ items: Type.Array(Conversation), next: Next }),
)
/** What stands for each student in what leaves the course: the same at every time, and different in every course. */
export const PseudonymsCall = defineCall(
  'conversations.pseudonyms',
  Type.Object({ courseId: CourseId, studentIds: Type.Array(StudentId, { maxItems: 1000 }) }),
  Type.Object({ pseudonyms: Type.Array(Type.String()) }),
)

/** A request of a chat. */
export const ThreadItem = Type.Object({
  ...ConversationSummary.properties,
  parentId: Nullable(RequestId),
})
/**
 * The chat that a conversation is a part of, oldest first: requests of the student, within a week of it, of which each begins with
 * what `parentId` asked and was answered. Where two go on from the same, somebody went back and asked something else.
 */
export const GetThreadCall = defineCall(
  'conversations.thread',
  Type.Object({ id: RequestId }),
  Type.Object({
    items: Type.Array(ThreadItem),
    truncated: Type.Boolean({ description: 'there may be more than was looked through' }),
  }),
)

/** The proof that a student's conversations were deleted. */
export const Erasure = Type.Object({
  student: StudentId,
  reason: Type.String(),
  actor: Type.String(),
  /** Everything that began until then. */
  at: Iso,
  records: Type.Integer({ minimum: 0 }),
  from: Nullable(Iso),
  to: Nullable(Iso),
  digest: Type.String({ description: "SHA-256 of the records' ids in order, each with a line feed between" }),
})
export type Erasure = Static<typeof Erasure>

/**
 * Deletes what a student wrote and was answered, and the notes about it; the records stay without texts. Again: what came since,
 * and one more proof.
 */
export const EraseStudentCall = defineCall(
  'conversations.erase',
  Type.Object({ studentId: StudentId, reason: Type.String({ minLength: 1, maxLength: 500 }), actor: Actor }),
  Erasure,
)
/** Newest first; the last hundred. */
export const ListErasuresCall = defineCall(
  'conversations.erasures',
  Type.Object({ studentId: StudentId }),
  Type.Object({ items: Type.Array(Erasure) }),
)

/** The payload of the broadcast `logs.stored`: of what was stored within a moment, the newest. A record that came again is in it again. */
export const ConversationsStored = Type.Object({
  courseId: CourseId,
  count: Type.Integer({ minimum: 1 }),
  newest: Type.Array(ConversationSummary),
})
export type ConversationsStored = Static<typeof ConversationsStored>
