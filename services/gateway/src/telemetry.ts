import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import type { ConversationRecord } from '@lectern/shared/contracts/records.ts'
import type { ErrorCode } from '@lectern/shared/errors.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter, createHistogram } from '@lectern/shared/metrics.ts'
import { annotate } from '@lectern/shared/open-span.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether tokens were held for it: from then on an error is an ending, not a refusal. */
    admitted: boolean
  }
}

const admissions = createCounter(METRIC.admissions)
const completions = createCounter(METRIC.completions)
const firstTokenSeconds = createHistogram(METRIC.firstToken)

/** Lets requests remember whether they were admitted. */
export function decorateRequests(app: FastifyInstance): void {
  app.decorateRequest('admitted', false)
}

/** Tokens are held for a request; a rule of the staff may still answer it. */
export function noteAdmission(request: FastifyRequest): void {
  request.admitted = true
  admissions.add(1, { decision: 'admitted' })
}

/** A request got an error instead of an answer, wherever it was refused. */
export function noteRefusal(request: FastifyRequest, code: ErrorCode): void {
  if (request.admitted) return
  if (request.routeOptions.config.door) admissions.add(1, { decision: code })
  annotate(() => ({ [ATTRIBUTE.outcome]: code }))
}

/** An admitted request has ended, as its record says. The record's model is one of the configured names. */
export function noteEnding(record: ConversationRecord): void {
  const { outcome, model, firstTokenMs } = record
  completions.add(1, { outcome, model })
  if (firstTokenMs !== null) firstTokenSeconds.record(firstTokenMs / 1000, { model })
  annotate(() => ({
    [ATTRIBUTE.requestId]: record.id,
    [ATTRIBUTE.course]: record.courseId,
    [ATTRIBUTE.week]: record.week,
    [ATTRIBUTE.model]: model,
    [ATTRIBUTE.outcome]: outcome,
    [ATTRIBUTE.chargeTokens]: record.chargeTokens,
    ...(firstTokenMs === null ? {} : { [ATTRIBUTE.firstTokenMs]: firstTokenMs }),
  }))
}
