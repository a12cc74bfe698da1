import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { questionOf } from '@lectern/shared/message-text.ts'
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
    started_at: isoOf(record.startedAtMs),
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

/** The columns, in one fixed order. */
export const COLUMNS = [
  'id',
  'course_id',
  'student_id',
  'week',
  'endpoint',
  'stream',
  'model',
  'provider',
  'provider_model',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'usage_source',
  'charge_tokens',
  'paid_by',
  'cached',
  'outcome',
  'error_code',
  'started_at',
  'first_token_ms',
  'total_ms',
  'prompt_version_id',
  'prompt_version',
  'rule_hits',
  'trace_id',
  'messages',
  'parameters',
  'answers',
  'question',
  'answer',
  'search_text',
] as const satisfies (keyof RecordRow)[]

function isoOf(ms: number): string {
  if (Math.abs(ms) <= 8.64e15) return new Date(ms).toISOString()
  throw new LecternError('invalid_request', {
    message: `startedAtMs ${ms} is no instant.`,
    param: 'startedAtMs',
  })
}
