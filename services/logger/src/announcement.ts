import type { ConversationSummary, ConversationsStored } from '@lectern/shared/contracts/conversations.ts'
import type { RecordRow } from './record-row.ts'
import type { RecordWriter } from './store/record-writer.ts'

/** Batches come ten times a second; whoever looks on sees no difference to a third of it. */
const GATHER_MS = 300
/** Of each course in one announcement. */
const MOST_NEWEST = 20

/** Tells of stored records, course by course, gathered for a moment. */
export interface Announcer {
  stored(rows: readonly RecordRow[]): void
  stop(): void
}

export function createAnnouncer(publish: (stored: ConversationsStored) => void): Announcer {
  const gathered = new Map<string, { count: number; newest: RecordRow[] }>()
  let timer: NodeJS.Timeout | undefined

  function tell(): void {
    timer = undefined
    for (const [courseId, { count, newest }] of gathered)
      publish({ courseId, count, newest: newest.map(summaryOf) })
    gathered.clear()
  }

  return {
    stored(rows) {
      for (const row of rows) {
        const { count, newest } = gathered.get(row.course_id) ?? { count: 0, newest: [] }
        gathered.set(row.course_id, { count: count + 1, newest: [row, ...newest].slice(0, MOST_NEWEST) })
      }
      timer ??= setTimeout(tell, GATHER_MS).unref()
    },
    stop() {
      clearTimeout(timer)
    },
  }
}

/** A writer that tells of what it has written. */
export function announcing(write: RecordWriter, { stored }: Announcer): RecordWriter {
  return async rows => {
    await write(rows)
    stored(rows)
  }
}

/** As a list shows it: staff have done nothing to it yet. */
function summaryOf(row: RecordRow): ConversationSummary {
  return {
    id: row.id,
    courseId: row.course_id,
    studentId: row.student_id,
    week: row.week,
    endpoint: row.endpoint,
    stream: row.stream,
    model: row.model,
    provider: row.provider,
    providerModel: row.provider_model,
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cachedTokens: row.cached_tokens,
      source: row.usage_source,
    },
    chargeTokens: row.charge_tokens,
    paidBy: row.paid_by,
    cached: row.cached,
    outcome: row.outcome,
    errorCode: row.error_code,
    startedAtMs: Date.parse(row.started_at),
    firstTokenMs: row.first_token_ms,
    totalMs: row.total_ms,
    promptVersionId: row.prompt_version_id,
    promptVersion: row.prompt_version,
    ruleHits: row.rule_hits,
    traceId: row.trace_id,
    question: row.question,
    answer: row.answer,
    ...{ flagged: false, notes: 0, erased: false },
  }
}
