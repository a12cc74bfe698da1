import { type Context, isSpanContextValid, type Link, SpanKind, TraceFlags, trace } from '@opentelemetry/api'
import type { NodeSDK } from '@opentelemetry/sdk-node'

type Options = NonNullable<ConstructorParameters<typeof NodeSDK>[0]>
export type Sampler = NonNullable<Options['sampler']>
type IdGenerator = NonNullable<Options['idGenerator']>

/** Name of the trace that a service makes after its start, to see whether its tracing works. */
export const SELF_CHECK = 'self-check'

const KEEP = { decision: 2 }
const DROP = { decision: 0 }

/**
 * Keeps this share of the traces, each whole or not at all: whoever begins one decides, the others follow. What begins
 * behind a request, a batch of records, is kept where one of its requests is; the self-check always.
 */
export function keepShare(share: number): Sampler {
  const keeps = (context: Context, traceId: string, name: string, kind: SpanKind, links: Link[]): boolean => {
    const parent = trace.getSpanContext(context)
    if (parent && isSpanContextValid(parent)) return isSampled(parent)
    // Links of other spans come from outside: a student's own `traceparent` decides nothing.
    if (kind === SpanKind.CONSUMER) return links.some(link => isSampled(link.context))
    return name === SELF_CHECK || placeOf(traceId) < share
  }
  return {
    shouldSample: (context, traceId, name, kind, _, links) =>
      keeps(context, traceId, name, kind, links) ? KEEP : DROP,
    toString: () => `KeepShare{${share}}`,
  }
}

/**
 * Draws whether a trace is kept before its first span is made: the others then cost nothing, and not the 8 us of a span that
 * nobody sees. The ids of those that win say so to the sampler.
 */
export class Draw implements IdGenerator {
  readonly #share: number
  #won: string | null = null

  constructor(share: number) {
    this.#share = share
  }

  wins(): boolean {
    const place = Math.random()
    if (place >= this.#share) return false
    this.#won = hex(Math.floor(place * 2 ** 32))
    return true
  }

  generateTraceId(): string {
    const last = this.#won ?? randomHex()
    this.#won = null
    return randomHex() + randomHex() + randomHex() + last
  }

  generateSpanId(): string {
    // All zeros would be no id.
    return hex(1 + Math.floor(Math.random() * (2 ** 32 - 1))) + randomHex()
  }
}

const hex = (value: number) => value.toString(16).padStart(8, '0')
const randomHex = () => hex(Math.floor(Math.random() * 2 ** 32))

let draw: Draw | null = null

/** From now on whoever begins a trace draws first. */
export function drawBefore(given: Draw): void {
  draw = given
}

/** Whether a trace that begins now may be kept; where nobody draws, the sampler decides. */
export function mayBeKept(): boolean {
  return draw?.wins() ?? true
}

/** Whether whoever made a span has decided that it is kept. */
export function isSampled({ traceFlags }: { traceFlags: number }): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0
}

/** Where an id stands among all, from 0 to 1: its last 8 hex digits are random in every generation of W3C's ids. */
function placeOf(traceId: string): number {
  return Number.parseInt(traceId.slice(-8), 16) / 2 ** 32
}

/** The share that an operator has set, or one in ten. */
export function readShare(text: string | undefined): number {
  const share = Number(text || Number.NaN)
  return share >= 0 && share <= 1 ? share : 0.1
}
