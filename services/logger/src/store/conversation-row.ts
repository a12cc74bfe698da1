import type { Conversation, ConversationSummary } from '@lectern/shared/contracts/conversations.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import { Prisma, type Record as Row } from '../../generated/client.ts'

/** What a list reads: not the long columns, which Postgres keeps apart and would have to fetch and unpack. */
export const SUMMARY_COLUMNS = Prisma.raw(`
  r.id, r.course_id AS "courseId", r.student_id AS "studentId", r.week, r.endpoint, r.stream, r.model, r.provider,
  r.provider_model AS "providerModel", r.input_tokens AS "inputTokens", r.output_tokens AS "outputTokens",
  r.cached_tokens AS "cachedTokens", r.usage_source AS "usageSource", r.charge_tokens AS "chargeTokens",
  r.paid_by AS "paidBy", r.cached, r.outcome, r.error_code AS "errorCode", r.started_at AS "startedAt",
  r.first_token_ms AS "firstTokenMs", r.total_ms AS "totalMs", r.prompt_version_id AS "promptVersionId",
  r.prompt_version AS "promptVersion", r.rule_hits AS "ruleHits", r.trace_id AS "traceId", r.question, r.answer,
  EXISTS (SELECT FROM logs.flags f WHERE f.record_id = r.id) AS flagged,
  (SELECT count(*)::integer FROM logs.notes n WHERE n.record_id = r.id) AS notes,
  EXISTS (SELECT FROM logs.erasures e WHERE e.student_id = r.student_id AND e.at >= r.started_at) AS erased`)

/** The same and all that is long. */
export const WHOLE_COLUMNS = Prisma.sql`${SUMMARY_COLUMNS}, r.messages, r.parameters, r.answers`

interface StaffColumns {
  flagged: boolean
  notes: number
  erased: boolean
}
export type SummaryRow = Omit<Row, 'messages' | 'parameters' | 'answers' | 'searchText' | 'storedAt'> &
  StaffColumns
export type WholeRow = Omit<Row, 'searchText' | 'storedAt'> & StaffColumns

/** The fields that a summary and a whole record share. They were checked before they were stored. */
function sharedFields(row: Omit<SummaryRow, 'question' | 'answer'>) {
  return {
    id: row.id,
    courseId: row.courseId,
    studentId: row.studentId,
    week: row.week,
    endpoint: row.endpoint,
    stream: row.stream,
    model: row.model,
    provider: row.provider,
    providerModel: row.providerModel,
    usage: {
      inputTokens: Number(row.inputTokens),
      outputTokens: Number(row.outputTokens),
      cachedTokens: Number(row.cachedTokens),
      source: row.usageSource as ConversationRecord['usage']['source'],
    },
    chargeTokens: Number(row.chargeTokens),
    paidBy: row.paidBy as NonNullable<ConversationRecord['paidBy']>,
    cached: row.cached,
    outcome: row.outcome as ConversationRecord['outcome'],
    errorCode: row.errorCode,
    startedAtMs: row.startedAt.getTime(),
    firstTokenMs: row.firstTokenMs,
    totalMs: row.totalMs,
    promptVersionId: row.promptVersionId,
    promptVersion: row.promptVersion,
    ruleHits: row.ruleHits as ConversationRecord['ruleHits'],
    traceId: row.traceId,
    flagged: row.flagged,
    notes: row.notes,
    erased: row.erased,
  }
}

/** A row as a list shows it. */
export function toSummary(row: SummaryRow): ConversationSummary {
  return { ...sharedFields(row), question: row.question, answer: row.answer }
}

/** A row as the record that it was made from, with what staff added. */
export function toConversation(row: WholeRow): Conversation {
  return {
    v: 1,
    ...sharedFields(row),
    messages: row.messages as ConversationRecord['messages'],
    parameters: row.parameters as ConversationRecord['parameters'],
    answers: row.answers as ConversationRecord['answers'],
  }
}
