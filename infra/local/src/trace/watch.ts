import type { ReceivedSpan } from './receiver.ts'
import { growTrees, type TreeNode } from './tree.ts'

export interface WatchOptions {
  /** A request whose root has come is complete when nothing more of it came for this long. */
  quietMs: number
  /** Gets the trees of each complete request: its own, and what has lost its parent. */
  show(trees: TreeNode[]): void
}

interface Trace {
  spans: ReceivedSpan[]
  /** Traces of batches that have taken a message of this one. */
  batches: Set<string>
  touchedMs: number
}

/** Most traces in memory, the oldest go first: those of batches wait for requests to come, and some have no request at all. */
const MOST_TRACES = 5000

/** Collects spans, in whatever order they come, until the request that they belong to is complete. */
export class Watch {
  readonly #options: WatchOptions
  readonly #traces = new Map<string, Trace>()
  /** Requests whose root has come. */
  readonly #answered = new Set<string>()

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Takes in spans that came at this moment. */
  add(spans: readonly ReceivedSpan[], nowMs: number): void {
    for (const span of spans) {
      this.#touch(span.traceId, nowMs).spans.push(span)
      if (isStudentsRequest(span)) this.#answered.add(span.traceId)
      if (span.kind !== 'consumer') continue
      for (const { traceId } of span.links) {
        if (traceId !== span.traceId) this.#touch(traceId, nowMs).batches.add(span.traceId)
      }
    }
  }

  /** Shows the requests that are complete by now. */
  showComplete(nowMs: number): void {
    for (const traceId of this.#answered) {
      const trace = this.#traces.get(traceId)
      if (!trace || nowMs - trace.touchedMs >= this.#options.quietMs) this.#show(traceId, trace)
    }
  }

  /** Shows what is left of requests whose root has come: nothing more will. */
  end(): void {
    for (const traceId of this.#answered) this.#show(traceId, this.#traces.get(traceId))
  }

  #show(traceId: string, trace: Trace | undefined): void {
    this.#answered.delete(traceId)
    this.#traces.delete(traceId)
    if (!trace) return
    const taken = [...trace.batches].flatMap(batch => this.#traces.get(batch)?.spans ?? [])
    this.#options.show(growTrees(traceId, [...trace.spans, ...taken]))
  }

  #touch(traceId: string, nowMs: number): Trace {
    const trace = this.#traces.getOrInsertComputed(traceId, () => ({
      spans: [],
      batches: new Set(),
      touchedMs: nowMs,
    }))
    trace.touchedMs = nowMs
    const oldest = this.#traces.keys().next().value
    if (this.#traces.size > MOST_TRACES && oldest !== undefined) this.#traces.delete(oldest)
    return trace
  }
}

/** Whether a span is the root of what a student asked for: no probe, no self-check, nothing of the staff's. */
const isStudentsRequest = ({ kind, parentId, name }: ReceivedSpan): boolean =>
  kind === 'server' && parentId === null && name.startsWith('POST /v1/')
