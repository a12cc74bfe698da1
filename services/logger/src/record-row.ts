import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { questionOf } from '@lectern/shared/message-text.ts'
import type { ColumnType } from './store/binary-rows.ts'
import { excerptOf, searchTextOf } from './transcript.ts'

/** A record as the columns of `logs.records`. */
export type RecordRow = ReturnType<typeof toRow>

/** What of a record is kept, and where. Throws `invalid_request` where it cannot be. */
export function toRow(record: ConversationRecord) {
  const { usage, answers, messages } = record
  return {
    id: record.id,
    course_id: record.courseId,
    student_id: record.studentId,
    week: record.week,
    endpoint: record.endpoint,
    stream: record.stream,
    model: record.model,
    provider: record.provider,
    provider_model: record.providerModel,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_tokens: usage.cachedTokens,
    usage_source: usage.source,
    charge_tokens: record.chargeTokens,
    paid_by: record.paidBy ?? 'course',
    cached: record.cached ?? false,
    outcome: record.outcome,
    error_code: record.errorCode,
    started_at: instantOf(record.startedAtMs),
    first_token_ms: record.firstTokenMs,
    total_ms: record.totalMs,
    prompt_version_id: record.promptVersionId,
    prompt_version: record.promptVersion,
    rule_hits: record.ruleHits,
    trace_id: record.traceId,
    messages,
    parameters: record.parameters,
    answers,
    question: excerptOf(questionOf(messages)),
    answer: excerptOf(answers[0]?.text ?? ''),
    search_text: searchTextOf(record),
  }
}

/** The columns with their types, in the order in which they are written. */
export const COLUMNS = Object.entries({
  id: 'text',
  course_id: 'text',
  student_id: 'text',
  week: 'int2',
  endpoint: 'text',
  stream: 'bool',
  model: 'text',
  provider: 'text',
  provider_model: 'text',
  input_tokens: 'int8',
  output_tokens: 'int8',
  cached_tokens: 'int8',
  usage_source: 'text',
  charge_tokens: 'int8',
  paid_by: 'text',
  cached: 'bool',
  outcome: 'text',
  error_code: 'text',
  started_at: 'timestamptz',
  first_token_ms: 'float8',
  total_ms: 'float8',
  prompt_version_id: 'text',
  prompt_version: 'int4',
  rule_hits: 'jsonb',
  trace_id: 'text',
  messages: 'jsonb',
  parameters: 'jsonb',
  answers: 'jsonb',
  question: 'text',
  answer: 'text',
  search_text: 'text',
} satisfies Record<keyof RecordRow, ColumnType>) as [keyof RecordRow, ColumnType][]

/** The end of the year 9999: what comes after it has no ISO form that all readers know. */
const LAST_MS = 253_402_300_799_999

function instantOf(ms: number): number {
  if (ms <= LAST_MS) return ms
  throw new LecternError('invalid_request', {
    message: `startedAtMs ${ms} is no instant.`,
    param: 'startedAtMs',
  })
}
