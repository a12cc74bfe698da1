import { type Static, Type } from 'typebox'
import { defineCall } from './call.ts'
import { CourseId, Iso, Next, PageQuery, RequestId, StudentId, Week } from './fields.ts'
import { ConversationRecord } from './records.ts'

/** Reading what was kept. Owned by the logger, asked by the console. */

const { v: _, messages: __, parameters: ___, answers: ____, ...summaryFields } = ConversationRecord.properties

/** A conversation in a list: without its long parts, with the beginning of question and answer. */
export const ConversationSummary = Type.Object({
  ...summaryFields,
  question: Type.String({ description: "beginning of the student's newest message" }),
  answer: Type.String({ description: 'beginning of the answer' }),
})
export type ConversationSummary = Static<typeof ConversationSummary>

const filter = {
  courseId: Type.Optional(CourseId),
  studentId: Type.Optional(StudentId),
  week: Type.Optional(Week),
  /** Start of the request, from (inclusive) and to (exclusive). */
  from: Type.Optional(Iso),
  to: Type.Optional(Iso),
  ...PageQuery,
}
const page = Type.Object({ items: Type.Array(ConversationSummary), next: Next })

/** Newest first. */
export const ListConversationsCall = defineCall('conversations.list', Type.Object(filter), page)
/** The same, of those whose question or answer contains `q` (any language, any case). */
export const SearchConversationsCall = defineCall(
  'conversations.search',
  Type.Object({ q: Type.String({ minLength: 1, maxLength: 200 }), ...filter }),
  page,
)
export const GetConversationCall = defineCall(
  'conversations.get',
  Type.Object({ id: RequestId }),
  ConversationRecord,
)
