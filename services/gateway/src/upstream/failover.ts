import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from '@lectern/shared/log.ts'
import { Attempt } from './attempt.ts'
import type { Balancer } from './balancer.ts'
import type { Exchange } from './exchange.ts'
import { Refusal, UpstreamFailure } from './failure.ts'
import { ownKeyFailure } from './own-key-failure.ts'
import { takePlace } from './place.ts'
import type { Deployment, ModelCall } from './provider.ts'

/** An answer whose first byte has come: from here on there is no other try. */
export interface Opened {
  deployment: Deployment
  /** To be ended by whoever takes the answer. */
  attempt: Attempt
  exchange: Exchange
  headers: IncomingHttpHeaders
}

export interface FailoverParts {
  balancer: Balancer
  log: Logger
  totalTimeoutMs: number
  /** How long a request waits where every deployment is at its limit. */
  limitWaitMs: number
}

/** More tries only make a client wait longer for the same refusal. */
const MOST_TRIES = 3

/** Whom the request was sent to, and why no answer began. */
export class NoAnswerBegan extends Error {
  override readonly name = 'NoAnswerBegan'
  readonly failure: UpstreamFailure
  readonly deployment: Deployment
  /** Whether a provider may have worked on it until we ended it. */
  readonly sent: boolean

  constructor(failure: UpstreamFailure, deployment: Deployment, sent: boolean) {
    super(failure.message, { cause: failure })
    this.failure = failure
    this.deployment = deployment
    this.sent = sent
  }
}

/**
 * Sends a request to one deployment after another until the first byte of an answer: after that a second try could
 * say something else than what the client has seen. `ending` ends it at once; throws NoAnswerBegan.
 */
export async function openAnswer(
  parts: FailoverParts,
  deployments: readonly Deployment[],
  call: ModelCall,
  ending: AbortSignal,
): Promise<Opened> {
  const { log, totalTimeoutMs } = parts
  const startedAt = performance.now()
  let untried = deployments
  /** Where another of our keys may be taken. */
  let otherKeyAt: Deployment | null = null
  for (let tries = 1; ; tries++) {
    const leftMs = () => Math.max(1, startedAt + totalTimeoutMs - performance.now())
    const candidates = otherKeyAt ? [otherKeyAt] : usableOf(untried.length > 0 ? untried : deployments)
    const attempt = await begin(parts, candidates, { call, tries, leftMs: leftMs(), ending })
    const { deployment } = attempt
    untried = untried.filter(candidate => candidate !== deployment)
    const exchange = attempt.send(() => deployment.provider.send(call, deployment, leftMs()))
    const triesLeft = Math.min(MOST_TRIES - tries, untried.length)
    if (triesLeft > 0) exchange.mustBeginWithin(leftMs() / (triesLeft + 1))
    const abort = () => exchange.abort('nobody waits for it')
    if (ending.aborted) abort()
    ending.addEventListener('abort', abort, { once: true })
    try {
      const headers = await exchange.head
      attempt.answerBegins()
      return { deployment, attempt, exchange, headers }
    } catch (error) {
      const failure = error instanceof Refusal ? explain(error, deployment, call) : toFailure(error)
      attempt.end(failure)
      const again = tries < MOST_TRIES && failure.worthAnotherTry && leftMs() > 1
      // A lost connection says nothing about the next one: the same deployment may have a second try, once.
      const sameAgain = untried.length === 0 && tries === 1 && failure.kind === 'unreachable'
      // The last try is for another deployment, if there is one.
      const isKeysTurn = tries < MOST_TRIES - 1 || untried.length === 0
      otherKeyAt = failure.anotherKey && isKeysTurn ? deployment : null
      logFailure(log, deployment, failure)
      if (!again || (untried.length === 0 && !sameAgain && !otherKeyAt)) {
        throw new NoAnswerBegan(failure, deployment, exchange.sent)
      }
    } finally {
      ending.removeEventListener('abort', abort)
    }
  }
}

/** Begins an attempt at one of the candidates. Throws NoAnswerBegan where all of them stay at their limits. */
async function begin(
  { balancer, limitWaitMs }: FailoverParts,
  candidates: readonly Deployment[],
  { call, tries, leftMs, ending }: { call: ModelCall; tries: number; leftMs: number; ending: AbortSignal },
): Promise<Attempt> {
  const { mostTokens, ownKey } = call
  // The limits are those of our own accounts.
  if (ownKey !== undefined) return new Attempt(balancer.choose(candidates), tries, null)
  const wanted = { mostTokens, waitMs: Math.min(limitWaitMs, leftMs), ending }
  try {
    return await takePlace(balancer, candidates, wanted, chosen => new Attempt(chosen, tries, mostTokens))
  } catch (error) {
    throw new NoAnswerBegan(toFailure(error), balancer.choose(candidates), false)
  }
}

/** Those whose breaker lets a request through; where none does, all of them. */
function usableOf(candidates: readonly Deployment[]): readonly Deployment[] {
  const usable = candidates.filter(({ breaker }) => breaker.admits)
  return usable.length > 0 ? usable : candidates
}

function explain(refusal: Refusal, { provider }: Deployment, { ownKey }: ModelCall): UpstreamFailure {
  const failure = provider.explain(refusal)
  return ownKey === undefined ? failure : ownKeyFailure(failure, provider.name)
}

function toFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error
  return new UpstreamFailure('unreachable', 'the request could not be sent', { cause: error })
}

function logFailure(log: Logger, { provider, model, breaker }: Deployment, failure: UpstreamFailure): void {
  if (failure.kind === 'aborted' || failure.ofOwnKey) return
  const { kind, status } = failure
  const facts = { err: failure, provider: provider.name, model, kind, status, breaker: breaker.state }
  // A refused key is the operator's to mend; a refused request is the student's.
  if (failure.status !== null && [401, 402, 403].includes(failure.status)) {
    log.error(facts, 'provider refuses our key or account')
  } else log.warn(facts, 'provider did not answer')
}
