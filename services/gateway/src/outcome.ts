import type { AnswerCaching } from '@lectern/shared/contracts/quota.ts'
import type { Outcome, Usage } from '@lectern/shared/contracts/records.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { FoundAnswer } from './answer-cache.ts'
import type { UpstreamFailure } from './upstream/failure.ts'
import type { Deployment, Operation } from './upstream/provider.ts'
import type { Answer } from './upstream/transcript.ts'
import { NO_USAGE } from './upstream/usage.ts'

/** How a request that held tokens ended. Each has exactly one, whatever happened. */
export interface Ending {
  outcome: Outcome
  /** Who answered, or was asked last. */
  deployment: Deployment | null
  /** Null: something was produced and nobody reported how much; it must be estimated. */
  usage: Usage | null
  answers: Answer[]
  /** All that the model wrote, as far as it came, where `usage` does not cover it: what an estimate counts. */
  written: string
  firstTokenAtMs: number | null
  /** What the client is told; null: its answer is complete, or it has left. */
  error: LecternError | null
  /** The answer was given before, and what it costs to get it again; absent: a provider gave it. */
  again?: AnswerCaching['charge']
}

const NOTHING = { answers: [], written: '', firstTokenAtMs: null } as const

/** No provider gave an answer: nothing is charged. */
export function endingWithoutAnswer(error: LecternError, deployment: Deployment | null): Ending {
  return { ...NOTHING, answers: [], outcome: 'upstream_failed', deployment, usage: NO_USAGE, error }
}

/** The client left before the first byte: the provider may have read the prompt, and bills that. */
export function endingBeforeAnswer(deployment: Deployment | null, sent: boolean): Ending {
  const usage = sent ? null : NO_USAGE
  return { ...NOTHING, answers: [], outcome: 'client_gone', deployment, usage, error: null }
}

/** A rule of the staff answered. No embedding can say what it says, so whoever asked for one gets it as an error. */
export function endingBlocked(text: string, operation: Operation): Ending {
  const answers = [{ text, toolCalls: [], finishReason: 'content_filter' }]
  const error = operation === 'chat' ? null : new LecternError('blocked_by_rule', { message: text })
  return { ...NOTHING, outcome: 'blocked', deployment: null, usage: NO_USAGE, answers, error }
}

/** The same question had this answer before. */
export function endingAgain({ answer: { text, finishReason }, usage, charge }: FoundAnswer): Ending {
  const answers = [{ text, toolCalls: [], finishReason }]
  const firstTokenAtMs = performance.now()
  return {
    ...NOTHING,
    outcome: 'completed',
    deployment: null,
    usage,
    answers,
    firstTokenAtMs,
    error: null,
    again: charge,
  }
}

/** A stream ended, with `failure` or complete; charged for what came. */
export function endingOfStream(
  failure: UpstreamFailure | null,
  clientLeft: boolean,
  came: Pick<Ending, 'deployment' | 'usage' | 'answers' | 'written' | 'firstTokenAtMs'>,
): Ending {
  if (failure === null) return { ...came, outcome: 'completed', error: null }
  if (clientLeft) return { ...came, outcome: 'client_gone', error: null }
  const error = failure.toPublic()
  // Nothing reached the client and nothing was produced: as if nobody had answered.
  if (came.firstTokenAtMs === null && came.usage === null) return endingWithoutAnswer(error, came.deployment)
  return { ...came, outcome: failure.kind === 'stalled' ? 'upstream_stalled' : 'upstream_cut', error }
}

/** The answer could not be made durable: it must not be presented as complete (P3). */
export function notDurable(cause: unknown): LecternError {
  return new LecternError('internal_error', {
    message: 'The answer could not be stored, so it is not complete. It has been logged. Try again.',
    cause,
  })
}
