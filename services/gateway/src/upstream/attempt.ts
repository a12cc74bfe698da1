import { ATTRIBUTE } from '@lectern/shared/attributes.ts'
import type { Usage } from '@lectern/shared/contracts/records.ts'
import { METRIC } from '@lectern/shared/metric-table.ts'
import { createCounter, createHistogram } from '@lectern/shared/metrics.ts'
import { type OpenSpan, openSpan } from '@lectern/shared/open-span.ts'
import { SpanKind } from '@lectern/shared/spans.ts'
import type { Ticket } from './allowance.ts'
import type { Exchange } from './exchange.ts'
import { UpstreamFailure } from './failure.ts'
import type { Deployment, WholeAnswer } from './provider.ts'

const attempts = createCounter(METRIC.upstream)
const firstByteSeconds = createHistogram(METRIC.upstreamFirstByte)

/**
 * One try at a provider, as a span and as numbers: from the wait for a connection to the last byte. It says how the try
 * ended, never in words: a provider's may repeat the student's.
 */
export class Attempt {
  readonly deployment: Deployment
  readonly #startedMs = performance.now()
  readonly #span: OpenSpan
  readonly #ticket: Ticket | null
  #hasBegun = false

  /** `number`: 1 for the first try of a request. `mostTokens`: what it may use; null: it does not count. */
  constructor(deployment: Deployment, number: number, mostTokens: number | null) {
    const { provider, publicName, operation, model } = deployment
    this.deployment = deployment
    deployment.breaker.began()
    deployment.load.inFlight += 1
    this.#ticket = mostTokens === null ? null : (deployment.allowance?.take(mostTokens) ?? null)
    this.#span = openSpan(`${operation} ${publicName}`, { kind: SpanKind.CLIENT })
    if (!this.#span.isRecording) return
    this.#span.set({
      [ATTRIBUTE.operation]: operation,
      [ATTRIBUTE.provider]: provider.name,
      [ATTRIBUTE.model]: publicName,
      [ATTRIBUTE.providerModel]: model,
      [ATTRIBUTE.serverAddress]: provider.server.address,
      [ATTRIBUTE.serverPort]: provider.server.port,
      [ATTRIBUTE.attempt]: number,
    })
  }

  /** Sends the request: what the HTTP client does for it belongs to this try. */
  send(begin: () => Exchange): Exchange {
    try {
      const exchange = this.#span.run(begin)
      // Its place among the requests that the provider allows at once is free when its connection is.
      void exchange.released.then(() => this.#ticket?.end())
      return exchange
    } catch (error) {
      this.#ticket?.end()
      this.end(new UpstreamFailure('busy', 'the request could not be written', { cause: error }))
      throw error
    }
  }

  /** The first byte of an answer has come. */
  answerBegins(): void {
    this.#hasBegun = true
    this.deployment.breaker.answered()
    const ms = performance.now() - this.#startedMs
    this.deployment.load.learn(ms)
    firstByteSeconds.record(ms / 1000, this.#labels())
    if (this.#span.isRecording) this.#span.set({ [ATTRIBUTE.firstTokenMs]: Math.round(ms * 10) / 10 })
  }

  /** Ends it, once: `failure` null where the answer is complete. `came` is what there was of one. */
  end(failure: UpstreamFailure | null, came?: Pick<WholeAnswer, 'usage' | 'answers'>): void {
    this.deployment.load.inFlight -= 1
    const tokens = tokensOf(came?.usage ?? null, failure !== null && !this.#hasBegun ? failure : null)
    if (tokens !== null) this.#ticket?.used(tokens)
    // Whoever lets requests wait for nothing must look slow, though no first token ever says so.
    if (failure?.kind === 'timeout') this.deployment.load.learn(performance.now() - this.#startedMs)
    attempts.add(1, { ...this.#labels(), outcome: failure?.kind ?? 'answered' })
    if (failure && !this.#hasBegun) this.#tellBreaker(failure)
    if (this.#span.isRecording) {
      const finishReasons = came?.answers.flatMap(({ finishReason }) => finishReason ?? []) ?? []
      this.#span.set({
        ...(came?.usage
          ? {
              [ATTRIBUTE.inputTokens]: came.usage.inputTokens,
              [ATTRIBUTE.outputTokens]: came.usage.outputTokens,
            }
          : {}),
        ...(finishReasons.length > 0 ? { [ATTRIBUTE.finishReasons]: finishReasons } : {}),
        ...(failure ? { [ATTRIBUTE.errorType]: failure.kind } : {}),
      })
    }
    // That nobody waits any more is no failure of the provider's.
    this.#span.end(failure !== null && failure.kind !== 'aborted')
  }

  /** What breaks in the middle of an answer is told to the student, and moves no breaker. */
  #tellBreaker(failure: UpstreamFailure): void {
    const { breaker } = this.deployment
    if (failure.kind === 'aborted' || failure.kind === 'busy' || failure.anotherKey) breaker.undecided()
    else if (failure.worthAnotherTry) breaker.failed(failure)
    else breaker.answered()
  }

  #labels() {
    return { provider: this.deployment.provider.name, model: this.deployment.publicName }
  }
}

/** What an attempt used of the provider's limits; null: nobody knows, and what it might have used counts. */
function tokensOf(usage: Usage | null, notBegun: UpstreamFailure | null): number | null {
  if (usage && usage.source === 'provider') return usage.inputTokens + usage.outputTokens
  const isUnread =
    notBegun?.kind === 'refused' || notBegun?.kind === 'unreachable' || notBegun?.kind === 'busy'
  return isUnread ? 0 : null
}
