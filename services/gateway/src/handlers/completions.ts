import { LecternError, toLecternError } from '@lectern/shared/errors.ts'
import type { Logger } from '@lectern/shared/log.ts'
import { currentTraceId } from '@lectern/shared/spans.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Admission, type AdmissionParts, admit } from '../admission.ts'
import { type Answered, type Answering, answerBlocked, answerStream, answerWhole } from '../answer.ts'
import { type ChatBody, refuseDeepNesting } from '../chat.ts'
import type { RecordsClient } from '../clients/records.ts'
import { Refused } from '../denial.ts'
import type { Door } from '../doors/door.ts'
import type { Journeys } from '../journeys.ts'
import type { OpaqueUser } from '../opaque-user.ts'
import { type Ending, endingWithoutAnswer, notDurable } from '../outcome.ts'
import { rateLimitHeaders } from '../rate-limit-headers.ts'
import { toRecord } from '../record.ts'
import { settle } from '../settlement.ts'
import { noteAdmission, noteEnding } from '../telemetry.ts'
import type { FailoverParts } from '../upstream/failover.ts'
import type { Deployment } from '../upstream/provider.ts'
import { modelTokens, type Registry } from '../upstream/registry.ts'

export interface CompletionParts {
  admission: AdmissionParts
  registry: Registry
  failover: FailoverParts
  records: RecordsClient
  opaqueUser: OpaqueUser
  journeys: Journeys
  writeIdleMs: number
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
      const deployments = parts.registry.deploymentsOf(body.model, door.operation)
      const admission = await enter(parts, request, body, deployments).catch((error: unknown) => {
        if (error instanceof Refused) reply.headers(rateLimitHeaders(error.rateLimits))
        throw error
      })
      noteAdmission(request)
      reply.headers(headersOf(admission))

      const asked = { admission, body, original: request.body, deployments, journey, reply, door }
      const { ending, finish } = await answer(parts, asked)
      const { tokenizer } = parts.admission
      const settlement = await settle({ tokenizer, log: parts.log }, { body, admission, ending })
      const traceId = currentTraceId()
      const facts = { ...started, ...settlement, body, endpoint: door.endpoint, traceId }
      const record = toRecord(admission, ending, facts)
      noteEnding(record)
      const stored = await parts.records.keep(record).then(
        () => null,
        (error: unknown) => notDurable(error),
      )

      if (journey.clientLeft) return reply.hijack()
      finish({ ...ending, error: stored ?? ending.error }, settlement.chargeTokens)
      return reply
    })
    request.work = work
    return work
  }
}

async function enter(
  { admission, registry }: CompletionParts,
  { id, keyHash }: FastifyRequest,
  body: ChatBody,
  deployments: readonly Deployment[],
): Promise<Admission> {
  if (deployments.length === 0) throw unknownModel(body.model, registry)
  return await admit(admission, { id, keyHash, body, tokens: modelTokens(deployments) })
}

function unknownModel(model: string, { names }: Registry): LecternError {
  const message = `The model "${model}" does not exist. Available are: ${names.join(', ')}.`
  return new LecternError('model_not_found', { message, param: 'model' })
}

/** Never throws: whatever goes wrong from here on is an ending. */
async function answer(
  { failover, opaqueUser, writeIdleMs, log }: CompletionParts,
  asked: Omit<Answering, 'call' | 'failover' | 'writeIdleMs' | 'log'>,
): Promise<Answered> {
  const { admission, body, original, door } = asked
  const { maxOutputTokens, verdict } = admission
  const { operation } = door
  const user = opaqueUser(admission)
  const call = { operation, body, original, system: verdict.system, maxOutputTokens, user }
  const answering = { ...asked, call, failover, writeIdleMs, log }
  try {
    if (verdict.blockedWith !== null) return answerBlocked(answering, verdict.blockedWith)
    return await (body.stream ? answerStream(answering) : answerWhole(answering))
  } catch (error) {
    log.error({ err: error, id: admission.id }, 'answering failed')
    const ending: Ending = endingWithoutAnswer(toLecternError(error), null)
    return {
      ending,
      finish() {
        throw ending.error
      },
    }
  }
}

function headersOf(admission: Admission): Record<string, string> {
  return {
    'x-request-id': admission.id,
    'x-lectern-week': String(admission.week),
    'x-lectern-remaining-tokens': String(admission.remaining),
    ...(admission.outputLowered
      ? {
          'x-lectern-output-lowered': String(admission.maxOutputTokens),
          'x-lectern-output-lowered-because': 'budget',
        }
      : {}),
    ...rateLimitHeaders(admission.rateLimits),
  }
}
