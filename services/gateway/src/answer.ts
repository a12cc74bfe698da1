import type { Usage } from '@lectern/shared/contracts/records.ts'
import type { Logger } from '@lectern/shared/log.ts'
import type { FastifyReply } from 'fastify'
import type { Admission } from './admission.ts'
import { type ChatBody, wantsUsage } from './chat.ts'
import { ClientStream, STREAM_HEADERS } from './client-stream.ts'
import type { Door, DoorStream, Opening } from './doors/door.ts'
import type { Journey } from './journeys.ts'
import { type Ending, endingBeforeAnswer, endingOfStream, endingWithoutAnswer } from './outcome.ts'
import { type FailoverParts, NoAnswerBegan, type Opened, openAnswer } from './upstream/failover.ts'
import { UpstreamFailure } from './upstream/failure.ts'
import type { Deployment, ModelCall, WholeAnswer } from './upstream/provider.ts'
import { readWhole, relayStream } from './upstream/relay.ts'
import { type Answer, Transcript } from './upstream/transcript.ts'

/** Largest answer in one piece: far beyond the text of any model, room for pictures and sound. */
const MOST_WHOLE_BYTES = 64 * 1024 ** 2

/** All that is needed to answer a request that was admitted. */
export interface Answering {
  admission: Admission
  door: Door
  body: ChatBody
  /** The request as it came. */
  original: unknown
  call: ModelCall
  deployments: readonly Deployment[]
  failover: FailoverParts
  journey: Journey
  reply: FastifyReply
  writeIdleMs: number
  keepAliveMs: number
  log: Logger
}

/** What has become of an ending since. */
export interface Settled {
  /** What the client is told instead of the end; null: the answer is complete. */
  error: Ending['error']
  usage: Usage
  chargeTokens: number
}

/** How a request ended, and what is left to be sent: only when its record is durable (P3). */
export interface Answered {
  ending: Ending
  /** Sends the end. `error` may have been set meanwhile; thrown, it becomes an error answer. */
  finish(settled: Settled): void
}

/** A stream: relayed as it comes, all but its end. */
export async function answerStream(answering: Answering): Promise<Answered> {
  const { body, journey } = answering
  // Before a provider has answered: it tells the client that somebody is there.
  const { client, stream } = clientOf(answering)
  const finish = ({ error, usage }: Settled): void => {
    client.silence()
    if (!error) client.end(stream.end(usage))
    else if (client.begun) client.end(stream.fail(error))
    else throw error
  }
  const opened = await open(answering)
  if ('outcome' in opened) return { ending: opened, finish }
  const { deployment, exchange } = opened
  if (!deployment.provider.isStream(opened.headers)) {
    return { ending: await refuseWhole(answering, opened), finish }
  }
  const transcript = new Transcript()
  const { failure, usage, firstTokenAtMs } = await relayStream({
    exchange,
    reader: deployment.provider.reader(),
    client,
    transcript,
    forwardUsage: wantsUsage(body),
    ending: journey.ending,
  })
  const came = { deployment, usage, firstTokenAtMs, answers: transcript.answers() }
  endAttempt(answering, opened, failure, came)
  // What no report covers is counted: some providers report at every frame, and know only what came until then.
  const isCovered = usage !== null && usage.outputTokens > 0 && (failure === null || transcript.isComplete())
  const written = isCovered ? '' : transcript.everything()
  return { ending: endingOfStream(failure, journey.clientLeft, { ...came, written }), finish }
}

/** An answer in one piece: read fully, sent when it is durable. */
export async function answerWhole(answering: Answering): Promise<Answered> {
  const { admission, door, journey, reply } = answering
  const opened = await open(answering)
  if ('outcome' in opened) return unfinished(opened)
  const { deployment } = opened
  const whole = await wholeOf(opened, journey.ending)
  if (whole instanceof UpstreamFailure) {
    endAttempt(answering, opened, whole)
    const ending = journey.clientLeft
      ? endingBeforeAnswer(deployment, true)
      : endingWithoutAnswer(whole.toPublic(), deployment)
    return unfinished(ending)
  }
  endAttempt(answering, opened, null, whole)
  const { answers, usage, bytes } = whole
  const written = usage && usage.outputTokens > 0 ? '' : answers.map(writtenIn).join('')
  return {
    ending: {
      outcome: 'completed',
      deployment,
      usage,
      answers,
      written,
      firstTokenAtMs: performance.now(),
      error: null,
    },
    finish({ error, usage, chargeTokens }) {
      if (error) throw error
      const remaining = admission.remaining + admission.tokensHeld - chargeTokens
      const body = door.whole(bytes, openingOf(answering), usage)
      void reply.header('x-lectern-remaining-tokens', String(remaining)).type('application/json').send(body)
    },
  }
}

function writtenIn({ text, toolCalls }: Answer): string {
  return toolCalls.length > 0 ? text + JSON.stringify(toolCalls) : text
}

/** Opens an answer at one of the deployments, or says how the request ended without one. */
async function open({ deployments, call, failover, journey }: Answering): Promise<Opened | Ending> {
  try {
    return await openAnswer(failover, deployments, call, journey.ending)
  } catch (error) {
    if (!(error instanceof NoAnswerBegan)) throw error
    const { failure, deployment, sent } = error
    return journey.clientLeft
      ? endingBeforeAnswer(deployment, sent)
      : endingWithoutAnswer(failure.toPublic(), deployment)
  }
}

/** A provider that was asked for a stream and sends something else. */
async function refuseWhole(answering: Answering, opened: Opened): Promise<Ending> {
  const whole = await wholeOf(opened, answering.journey.ending)
  const failure =
    whole instanceof UpstreamFailure
      ? whole
      : new UpstreamFailure('garbled', 'not a stream, though one was asked for')
  endAttempt(answering, opened, failure)
  return endingWithoutAnswer(failure.toPublic(), opened.deployment)
}

async function wholeOf(opened: Opened, ending: AbortSignal): Promise<WholeAnswer | UpstreamFailure> {
  try {
    const bytes = await readWhole(opened.exchange, ending, MOST_WHOLE_BYTES)
    return opened.deployment.provider.readWhole(bytes, opened.deployment.operation)
  } catch (error) {
    if (error instanceof UpstreamFailure) return error
    opened.attempt.end(new UpstreamFailure('garbled', 'the answer cannot be read', { cause: error }))
    throw error
  }
}

/** Nothing was sent yet: the error becomes an answer with a status of its own, if anybody is there to get it. */
function unfinished(ending: Ending): Answered {
  return {
    ending,
    finish({ error }) {
      if (error) throw error
    },
  }
}

/** The client's end of a stream, and the door that writes to it. */
export function clientOf(answering: Answering): { client: ClientStream; stream: DoorStream } {
  const { door, reply, writeIdleMs, keepAliveMs } = answering
  const stream = door.stream(openingOf(answering))
  const open = () => {
    reply.hijack()
    return { ...(reply.getHeaders() as Record<string, string>), ...STREAM_HEADERS }
  }
  return {
    stream,
    client: new ClientStream(reply.raw, { writeIdleMs, keepAliveMs, open, convert: stream.push }),
  }
}

/** What the door is told of the request. */
export function openingOf({ admission, body, original }: Answering): Opening {
  return { id: admission.id, body, original }
}

function endAttempt(
  { log, admission, call }: Answering,
  { attempt, deployment: { provider, model } }: Opened,
  failure: UpstreamFailure | null,
  came?: Pick<WholeAnswer, 'usage' | 'answers'>,
) {
  attempt.end(failure, came)
  if (failure === null || failure.kind === 'aborted') return
  // What a provider says may repeat the key, which the log knows by its shape only where it is ours.
  const err = call.ownKey === undefined ? { err: failure } : {}
  log.warn(
    { ...err, id: admission.id, provider: provider.name, model, kind: failure.kind },
    'answer broke off',
  )
}
