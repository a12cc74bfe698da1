import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import type { Admission } from './admission.ts'
import type { ChatBody } from './chat.ts'
import type { Ending } from './outcome.ts'
import type { Draft } from './policy.ts'
import { withoutInlineData } from './record-size.ts'
import type { Settlement } from './settlement.ts'

/** What a record needs beside the admission and the ending. */
export interface RecordFacts extends Settlement {
  body: ChatBody
  endpoint: string
  startedAtMs: number
  /** The same instant on the clock of `performance.now()`. */
  startedMs: number
  traceId: string | null
  /** What was tried; null: it was no trial. */
  draft: Draft | null
}

/** The one event that ends a request. */
export function toRecord(admission: Admission, ending: Ending, facts: RecordFacts): ConversationRecord {
  const { verdict } = admission
  const { draft } = facts
  const { messages, model, ...given } = facts.body
  const parameters = draft ? { ...given, draft } : given
  const prompt = draft ? null : verdict.prompt
  const since = (ms: number) => Math.max(0, Math.round((ms - facts.startedMs) * 10) / 10)
  return {
    v: 1,
    id: admission.id,
    courseId: admission.courseId,
    studentId: admission.studentId,
    week: admission.week,
    endpoint: facts.endpoint,
    stream: facts.body.stream === true,
    model,
    provider: ending.deployment?.provider.name ?? null,
    providerModel: ending.deployment?.model ?? null,
    messages: withoutInlineData(messages) as unknown[],
    parameters: withoutInlineData(parameters) as Record<string, unknown>,
    answers: ending.answers,
    usage: facts.usage,
    chargeTokens: facts.chargeTokens,
    cached: ending.again !== undefined,
    paidBy: admission.ownKey ? 'student' : 'course',
    outcome: ending.outcome,
    errorCode: ending.error?.code ?? null,
    startedAtMs: facts.startedAtMs,
    firstTokenMs: ending.firstTokenAtMs === null ? null : since(ending.firstTokenAtMs),
    totalMs: since(performance.now()),
    promptVersionId: prompt?.id ?? null,
    promptVersion: prompt?.version ?? null,
    ruleHits: verdict.hits,
    traceId: facts.traceId,
  }
}
