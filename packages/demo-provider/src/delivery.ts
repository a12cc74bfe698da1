import type { Directive } from './directive.ts'
import { errorForStatus } from './errors.ts'
import { EventWriter } from './event-writer.ts'
import type { Exchange } from './exchange.ts'
import type { Completion } from './frames.ts'
import { completionBody, finishFrame, openingFrame, tokenFrame, usageFrame } from './frames.ts'

/** A completion, the pace at which it comes, and what goes wrong with it. */
export interface Delivery {
  completion: Completion
  firstTokenMs: number
  chunkMs: number
  directive: Directive
}

interface Fault {
  kind: 'cut' | 'hang' | 'error'
  afterChunks: number
}

// Enough that a client has begun to show the answer, whatever it was told to break later.
const DEFAULT_AFTER = 3

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
}

/** Streams a completion: headers at once, one event per token, then how each choice ended, the usage and [DONE]. */
export async function deliverStream(exchange: Exchange, delivery: Delivery): Promise<void> {
  const { completion, directive } = delivery
  const events = new EventWriter(exchange, directive)
  const fault = faultOf(directive)
  exchange.head(200, STREAM_HEADERS)
  for (const beat of beatsOf(delivery)) {
    if (fault && exchange.record.chunks >= fault.afterChunks) break
    await exchange.pause(beat.waitMs)
    if (beat.at === 0) await events.event(openingFrame(completion, beat.choice))
    exchange.record.chunks += 1
    await events.event(tokenFrame(completion, beat.choice, beat.at))
  }
  // A fault beyond the last token strikes before the end: it was asked for.
  if (fault) return breakStream(exchange, events, fault)
  for (const index of completion.answers.keys()) await events.event(finishFrame(completion, index))
  if (completion.includeUsage) await events.event(usageFrame(completion))
  if (directive.done !== 'none') await events.event('[DONE]')
  await events.flush()
  exchange.end()
}

/** Answers with a completion in one JSON body, after the time in which its tokens would have come. */
export async function deliverWhole(exchange: Exchange, delivery: Delivery): Promise<void> {
  const { directive } = delivery
  const fault = faultOf(directive)
  for (const beat of beatsOf(delivery)) {
    await exchange.pause(beat.waitMs)
    exchange.record.chunks += 1
  }
  if (fault?.kind === 'error') return exchange.json(200, errorForStatus(500).body())
  const body = completionBody(delivery.completion)
  if (!fault) return exchange.json(200, body, {}, directive.split)
  // A body has no chunks to count: it breaks in its middle.
  const bytes = Buffer.from(JSON.stringify(body))
  exchange.head(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  await exchange.write(bytes.subarray(0, bytes.length / 2), directive.split)
  return fault.kind === 'cut' ? exchange.cut() : exchange.hang()
}

async function breakStream(exchange: Exchange, events: EventWriter, { kind }: Fault): Promise<void> {
  if (kind === 'error') await events.event(JSON.stringify(errorForStatus(500).body()))
  await events.flush()
  if (kind === 'error') return exchange.end()
  return kind === 'cut' ? exchange.cut() : exchange.hang()
}

// The choices of one answer grow side by side, as at a real provider: the first token of each, then the second.
function* beatsOf({ completion, firstTokenMs, chunkMs }: Delivery) {
  const longest = Math.max(...completion.answers.map(answer => answer.tokens.length))
  for (let at = 0; at < longest; at += 1) {
    for (const [choice, answer] of completion.answers.entries()) {
      if (at >= answer.tokens.length) continue
      const waitMs = at === 0 ? firstTokenMs : chunkMs
      yield { choice, at, waitMs: choice === 0 ? waitMs : 0 }
    }
  }
}

function faultOf({ cut, hang, error, after = DEFAULT_AFTER }: Directive): Fault | undefined {
  if (cut !== undefined) return { kind: 'cut', afterChunks: cut }
  if (hang === 'stream') return { kind: 'hang', afterChunks: after }
  return error === 'stream' ? { kind: 'error', afterChunks: after } : undefined
}
