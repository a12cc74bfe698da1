import type { Conversation } from '@lectern/shared/contracts/conversations.ts'
import { questionOf } from '@lectern/shared/message-text.ts'
import { CSV_START, toCsv } from './csv.ts'

/** How conversations are written to a file. */
export interface ExportFormat {
  type: string
  /** `isFirst`: the first page of the file, which may have no item. */
  write(items: readonly Conversation[], isFirst: boolean): string
}

const COLUMNS = [
  ...[
    'id',
    'startedAt',
    'student',
    'week',
    'endpoint',
    'model',
    'provider',
    'outcome',
    'errorCode',
    'paidBy',
    'cached',
  ],
  ...[
    'inputTokens',
    'cachedTokens',
    'outputTokens',
    'chargeTokens',
    'firstTokenMs',
    'totalMs',
    'promptVersion',
  ],
  ...['rules', 'flagged', 'question', 'answer'],
]

export const FORMATS: Record<'jsonl' | 'csv', ExportFormat> = {
  jsonl: {
    type: 'application/jsonl; charset=utf-8',
    write: items => items.map(item => `${JSON.stringify(item)}\n`).join(''),
  },
  csv: {
    type: 'text/csv; charset=utf-8',
    write: (items, isFirst) =>
      (isFirst ? CSV_START : '') + toCsv(items.map(toLine), COLUMNS, { header: isFirst }),
  },
}

/** The student's newest message and the answers; the whole history is in JSONL only. */
function toLine({ usage, messages, answers, ruleHits, ...rest }: Conversation) {
  return {
    ...rest,
    ...usage,
    startedAt: new Date(rest.startedAtMs).toISOString(),
    student: rest.studentId,
    cached: String(rest.cached ?? false),
    flagged: String(rest.flagged ?? false),
    rules: ruleHits.map(({ id }) => id).join(' '),
    question: questionOf(messages),
    answer: answers.map(({ text }) => text).join('\n\n'),
  }
}
