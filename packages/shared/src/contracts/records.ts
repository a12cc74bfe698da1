import { type Static, Type } from 'typebox'
import { CourseId, ModelName, Nullable, RequestId, StudentId, TimeMs, Tokens, Week } from './fields.ts'

/** The one event that ends a request: published by the gateway, settled by quota, kept by the logger. */

export const Outcome = Type.Enum([
  /** The whole answer went out. */
  'completed',
  /** The client left; charged for what the model produced until then. */
  'client_gone',
  /** The provider broke off in the middle of a stream. */
  'upstream_cut',
  /** The provider stopped sending in the middle of a stream. */
  'upstream_stalled',
  /** No provider answered; nothing is charged. */
  'upstream_failed',
  /** A rule of the staff answered instead; nothing is charged. */
  'blocked',
])
export type Outcome = Static<typeof Outcome>

export const Usage = Type.Object({
  inputTokens: Tokens,
  outputTokens: Tokens,
  /** Part of the input that the provider had cached. */
  cachedTokens: Tokens,
  /** `provider`: as reported. `estimate`: counted by us, because nothing was reported. `none`: nothing was produced. */
  source: Type.Enum(['provider', 'estimate', 'none']),
})
export type Usage = Static<typeof Usage>

export const ConversationRecord = Type.Object({
  /** Version of this shape. */
  v: Type.Literal(1),
  id: RequestId,
  courseId: CourseId,
  studentId: StudentId,
  week: Week,
  /** The door: `/v1/chat/completions`. */
  endpoint: Type.String(),
  stream: Type.Boolean(),
  /** Public name, and who really answered with which model; null when nobody did. */
  model: ModelName,
  provider: Nullable(Type.String()),
  providerModel: Nullable(Type.String()),
  /** The student's messages as they came (long inline data replaced by its length and SHA-256). */
  messages: Type.Array(Type.Unknown()),
  /** The other fields of the request. */
  parameters: Type.Record(Type.String(), Type.Unknown()),
  /** One per choice. */
  answers: Type.Array(
    Type.Object({
      text: Type.String(),
      toolCalls: Type.Array(Type.Unknown()),
      finishReason: Nullable(Type.String()),
    }),
  ),
  usage: Usage,
  /** Tokens taken from the student's week. */
  chargeTokens: Tokens,
  /** `student`: with a key of their own at the provider, so nothing was charged. Absent in older records: the course. */
  paidBy: Type.Optional(Type.Enum(['course', 'student'])),
  /** The answer was given before, to the same question, and no provider was asked. Absent in older records: no. */
  cached: Type.Optional(Type.Boolean()),
  outcome: Outcome,
  /** Code of the error catalogue, when the client met one. */
  errorCode: Nullable(Type.String()),
  startedAtMs: TimeMs,
  /** Milliseconds after `startedAtMs`; null: no token came. */
  firstTokenMs: Nullable(Type.Number()),
  totalMs: Type.Number(),
  /** The version in force (P6); null: the week has no prompt, or embeddings were asked for, which take none. */
  promptVersionId: Nullable(Type.String()),
  promptVersion: Nullable(Type.Integer()),
  ruleHits: Type.Array(Type.Object({ id: Type.String(), kind: Type.Enum(['block', 'guide']) })),
  /** Null: the request was not traced. */
  traceId: Nullable(Type.String()),
})
export type ConversationRecord = Static<typeof ConversationRecord>
