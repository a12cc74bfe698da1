import type { ConversationSummary, ConversationsStored } from '@lectern/shared/contracts/conversations.ts'
import type { RecordRow } from './record-row.ts'
import type { RecordWriter } from './store/record-writer.ts'

/** Batches come ten times a second; whoever looks on sees no difference to a third of it. */
const GATHER_MS = 300
/** Of each course in one announcement. */
const MOST_NEWEST = 20

/** Tells of stored records, course by course, gathered for a moment. */
export interface Announcer {
  stored(conversations: readonly ConversationSummary[]): void
  stop(): void
}

export function createAnnouncer(publish: (stored: ConversationsStored) => void): Announcer {
  const gathered = new Map<string, { count: number; newest: ConversationSummary[] }>()
  let timer: NodeJS.Timeout | undefined

  function tell(): void {
    timer = undefined
    for (const [courseId, { count, newest }] of gathered) publish({ courseId, count, newest })
    gathered.clear()
  }

  return {
    stored(conversations) {
      for (const conversation of conversations) {
        const { courseId } = conversation
        const { count, newest } = gathered.get(courseId) ?? { count: 0, newest: [] }
        gathered.set(courseId, { count: count + 1, newest: [conversation, ...newest].slice(0, MOST_NEWEST) })
      }
      timer ??= setTimeout(tell, GATHER_MS).unref()
    },
    stop() {
      clearTimeout(timer)
    },
  }
}

/** A writer that tells of what it has written. Of each row it keeps what is told: the texts go as soon as they are written. */
export function announcing(write: RecordWriter, { stored }: Announcer): RecordWriter {
  return async rows => {
    const summaries: ConversationSummary[] = []
    await write(noting(rows, row => summaries.push(summaryOf(row))))
    stored(summaries)
  }
}

function* noting(rows: Iterable<RecordRow>, note: (row: RecordRow) => void): Iterable<RecordRow> {
  for (const row of rows) {
    note(row)
    yield row
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
    startedAtMs: row.started_at,
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
