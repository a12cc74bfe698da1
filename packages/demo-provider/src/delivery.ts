import type { Answer } from './answer.ts'
import type { Directive } from './directive.ts'
import { EventWriter, type StreamEvent } from './event-writer.ts'
import type { Exchange } from './exchange.ts'

/** How one API writes a completion: as events of a stream, and in one body. */
export interface Frames {
  /** What opens a choice. */
  opening(choice: number): StreamEvent[]
  /** One token of a choice. */
  token(choice: number, at: number): StreamEvent
  /** What follows the last token. `isMarked`: with the mark that ends every complete stream. */
  ending(isMarked: boolean): StreamEvent[]
  /** An error in the middle of a stream. */
  error(): StreamEvent
  body(): object
  /** An error where the body of an answer should be. */
  errorBody(): object
}

/** A completion, the pace at which it comes, and what goes wrong with it. */
export interface Delivery {
  answers: Answer[]
  frames: Frames
  firstTokenMs: number
  chunkMs: number
  directive: Directive
}

/** What is never streamed has bodies only. */
type WholeDelivery = Omit<Delivery, 'frames'> & { frames: Pick<Frames, 'body' | 'errorBody'> }

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

/** Streams a completion: headers at once, one event per token, then what ends it. */
export async function deliverStream(exchange: Exchange, delivery: Delivery): Promise<void> {
  const { frames, directive } = delivery
  const events = new EventWriter(exchange, directive)
  const fault = faultOf(directive)
  exchange.head(200, STREAM_HEADERS)
  for (const beat of beatsOf(delivery)) {
    if (fault && exchange.record.chunks >= fault.afterChunks) break
    await exchange.pause(beat.waitMs)
    if (beat.at === 0) await events.write(frames.opening(beat.choice))
    exchange.record.chunks += 1
    await events.write([frames.token(beat.choice, beat.at)])
  }
  // A fault beyond the last token strikes before the end: it was asked for.
  if (fault) {
    if (fault.kind === 'error') await events.write([frames.error()])
    await events.flush()
    return breakOff(exchange, fault)
  }
  await events.write(frames.ending(directive.done !== 'none'))
  await events.flush()
  exchange.end()
}

/** Answers with a completion in one JSON body, after the time in which its tokens would have come. */
export async function deliverWhole(exchange: Exchange, delivery: WholeDelivery): Promise<void> {
  const { frames, directive } = delivery
  const fault = faultOf(directive)
  for (const beat of beatsOf(delivery)) {
    await exchange.pause(beat.waitMs)
    exchange.record.chunks += 1
  }
  if (fault?.kind === 'error') return exchange.json(200, frames.errorBody())
  const body = frames.body()
  if (!fault) return exchange.json(200, body, {}, directive.split)
  // A body has no chunks to count: it breaks in its middle.
  const bytes = Buffer.from(JSON.stringify(body))
  exchange.head(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  await exchange.write(bytes.subarray(0, bytes.length / 2), directive.split)
  return breakOff(exchange, fault)
}

async function breakOff(exchange: Exchange, { kind }: Fault): Promise<void> {
  if (kind === 'error') return exchange.end()
  return kind === 'cut' ? exchange.cut() : exchange.hang()
}

// The choices of one answer grow side by side, as at a real provider: the first token of each, then the second.
function* beatsOf({ answers, firstTokenMs, chunkMs }: Omit<Delivery, 'frames'>) {
  const longest = Math.max(...answers.map(answer => answer.tokens.length))
  for (let at = 0; at < longest; at += 1) {
    for (const [choice, answer] of answers.entries()) {
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
