import { LecternError, toLecternError } from '@lectern/shared/errors.ts'
import type { Logger } from '@lectern/shared/log.ts'
import { currentTraceId } from '@lectern/shared/spans.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Admission, type AdmissionParts, admit } from '../admission.ts'
import { type Answered, type Answering, answerStream, answerWhole } from '../answer.ts'
import type { AnswerCache, FoundAnswer } from '../answer-cache.ts'
import { answerAgain, answerBlocked } from '../answer-ready.ts'
import { choicesOf, refuseDeepNesting } from '../chat.ts'
import type { RecordsClient } from '../clients/records.ts'
import { Refused } from '../denial.ts'
import type { Door } from '../doors/door.ts'
import type { Asker } from '../hold.ts'
import type { Journeys } from '../journeys.ts'
import type { KeyVault } from '../key-vault.ts'
import type { OpaqueUser } from '../opaque-user.ts'
import { type Ending, endingWithoutAnswer, notDurable } from '../outcome.ts'
import { ownKeyProviders, paymentOf } from '../own-key.ts'
import { rateLimitHeaders } from '../rate-limit-headers.ts'
import { toRecord } from '../record.ts'
import { settle } from '../settlement.ts'
import { noteAdmission, noteEnding } from '../telemetry.ts'
import { ableOf } from '../upstream/able.ts'
import type { FailoverParts } from '../upstream/failover.ts'
import type { Deployment, Operation } from '../upstream/provider.ts'
import { modelTokens, type Registry } from '../upstream/registry.ts'

export interface CompletionParts {
  admission: AdmissionParts
  registry: Registry
  failover: FailoverParts
  records: RecordsClient
  opaqueUser: OpaqueUser
  /** Null: students cannot bring keys of their own. */
  vault: KeyVault | null
  answers: AnswerCache
  journeys: Journeys
  writeIdleMs: number
  keepAliveMs: number
  log: Logger
}

/**
 * The journey of one request, through whichever door it came: admitted (a hold exists from here on), answered, recorded, finished. Between `admit` and
 * `keep` nothing returns or throws, so that each hold has exactly one end.
 */
export function completions(parts: CompletionParts, door: Door) {
  return (request: FastifyRequest, reply: FastifyReply) => {
    const work = parts.journeys.run(reply.raw, async journey => {
      const started = { startedAtMs: Date.now(), startedMs: performance.now() }
      refuseDeepNesting(request.body as object)
      const body = door.toChat(request.body)
      const deployments = ableOf(parts.registry.deploymentsOf(body.model, door.operation), body)
      const draft = door.draftOf?.(request.body) ?? null
      const { operation } = door
      const admission = await enter(parts, request, { body, deployments, operation, draft }).catch(
        (error: unknown) => {
          if (error instanceof Refused) reply.headers(rateLimitHeaders(error.rateLimits))
          throw error
        },
      )
      noteAdmission(request)
      reply.headers(headersOf(admission, door))

      const slot = parts.answers.lookUp({ admission, body, operation })
      if (slot) reply.header('x-lectern-cache', slot.found ? 'hit' : 'miss')
      const asked = { admission, body, original: request.body, deployments, journey, reply, door }
      const { ending, finish } = await answer(parts, asked, slot?.found ?? null)
      const { tokenizer } = parts.admission
      const settlement = await settle({ tokenizer, log: parts.log }, { body, admission, ending })
      const traceId = currentTraceId()
      const facts = { ...started, ...settlement, body, endpoint: door.endpoint, traceId, draft }
      const record = toRecord(admission, ending, facts)
      noteEnding(record)
      const stored = await parts.records.keep(record).then(
        () => null,
        (error: unknown) => notDurable(error),
      )
      if (stored === null) slot?.keep(ending, settlement.usage)

      if (journey.clientLeft) return reply.hijack()
      finish({ ...settlement, error: stored ?? ending.error })
      return reply
    })
    request.work = work
    return work
  }
}

async function enter(
  { admission, registry, vault }: CompletionParts,
  { id, keyHash }: FastifyRequest,
  {
    body,
    deployments,
    operation,
    draft,
  }: Pick<Asker, 'body' | 'operation' | 'draft'> & { deployments: readonly Deployment[] },
): Promise<Admission> {
  if (deployments.length === 0) throw unknownModel(body.model, operation, registry)
  const ownKeyAt = ownKeyProviders(deployments, registry, vault)
  const tokens = modelTokens(deployments)
  return await admit(admission, { id, keyHash, operation, body, tokens, ownKeyAt, draft })
}

function unknownModel(model: string, operation: Operation, { names, deploymentsOf }: Registry): LecternError {
  const able = names.filter(name => deploymentsOf(name, operation).length > 0)
  const isKnown = names.includes(model)
  const fault = !isKnown
    ? 'does not exist'
    : operation === 'chat'
      ? 'makes embeddings (POST /v1/embeddings) and does not chat'
      : 'makes no embeddings'
  const others = able.length > 0 ? `Available are: ${able.join(', ')}.` : 'There is no model that does.'
  return new LecternError('model_not_found', {
    message: `The model "${model}" ${fault}. ${others}`,
    param: 'model',
  })
}

/** Never throws: whatever goes wrong from here on is an ending. */
async function answer(
  { failover, opaqueUser, vault, writeIdleMs, keepAliveMs, log }: CompletionParts,
  asked: Omit<Answering, 'call' | 'failover' | 'writeIdleMs' | 'keepAliveMs' | 'log'>,
  found: FoundAnswer | null,
): Promise<Answered> {
  const { admission, body, original, door } = asked
  const { maxOutputTokens, verdict } = admission
  const { operation } = door
  const user = opaqueUser(admission)
  const mostTokens = admission.inputTokens + maxOutputTokens * choicesOf(body)
  const call = { operation, body, original, system: verdict.system, mostTokens, maxOutputTokens, user }
  const answering = { ...asked, call, failover, writeIdleMs, keepAliveMs, log }
  try {
    if (verdict.blockedWith !== null) return answerBlocked(answering, verdict.blockedWith)
    if (found) return answerAgain(answering, found)
    const { deployments, ownKey } = paymentOf(admission, asked.deployments, vault)
    const paid = { ...answering, deployments, call: { ...call, ownKey } }
    return await (body.stream ? answerStream(paid) : answerWhole(paid))
  } catch (error) {
    // One that is the student's to mend is no fault of ours.
    const isOurs = !(error instanceof LecternError) || error.status >= 500
    log[isOurs ? 'error' : 'info']({ err: error, id: admission.id }, 'answering failed')
    const ending: Ending = endingWithoutAnswer(toLecternError(error), null)
    return {
      ending,
      finish() {
        // A stream that has begun can only break.
        if (asked.reply.sent) asked.reply.raw.destroy()
        else throw ending.error
      },
    }
  }
}

function headersOf(admission: Admission, { requestIdHeader }: Door): Record<string, string> {
  return {
    'x-request-id': admission.id,
    ...(requestIdHeader ? { [requestIdHeader]: admission.id } : {}),
    'x-lectern-week': String(admission.week),
    'x-lectern-remaining-tokens': String(admission.remaining),
    ...(admission.ownKey ? { 'x-lectern-paid-by': 'student' } : {}),
    ...(admission.outputLowered
      ? {
          'x-lectern-output-lowered': String(admission.maxOutputTokens),
          'x-lectern-output-lowered-because': 'budget',
        }
      : {}),
    ...rateLimitHeaders(admission.rateLimits),
  }
}
