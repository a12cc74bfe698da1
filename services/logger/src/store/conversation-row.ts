import type { ConversationSummary } from '@lectern/shared/contracts/conversations.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import type { Record as Row } from '../../generated/client.ts'

/** What a list reads: not the long columns, which Postgres keeps apart and would have to fetch and unpack. */
export const SUMMARY_COLUMNS = {
  id: true,
  courseId: true,
  studentId: true,
  week: true,
  endpoint: true,
  stream: true,
  model: true,
  provider: true,
  providerModel: true,
  inputTokens: true,
  outputTokens: true,
  cachedTokens: true,
  usageSource: true,
  chargeTokens: true,
  paidBy: true,
  cached: true,
  outcome: true,
  errorCode: true,
  startedAt: true,
  firstTokenMs: true,
  totalMs: true,
  promptVersionId: true,
  promptVersion: true,
  ruleHits: true,
  traceId: true,
  question: true,
  answer: true,
} as const

type SummaryRow = Pick<Row, keyof typeof SUMMARY_COLUMNS>

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
  }
}

/** A row as a list shows it. */
export function toSummary(row: SummaryRow): ConversationSummary {
  return { ...sharedFields(row), question: row.question, answer: row.answer }
}

/** A row as the record that it was made from. */
export function toRecord(row: Row): ConversationRecord {
  return {
    v: 1,
    ...sharedFields(row),
    messages: row.messages as ConversationRecord['messages'],
    parameters: row.parameters as ConversationRecord['parameters'],
    answers: row.answers as ConversationRecord['answers'],
  }
}
