import { dataOf, EventScanner } from '../upstream/sse.ts'

/**
 * What a chat answer says, for the doors that write it anew: read from the chunks of a stream or from one body, in one
 * form for both, so that a door converts only once.
 */

/** A piece of a call of a tool. Calls are numbered from 0 in each choice; the first piece brings id and name. */
export interface CallPart {
  call: number
  id: string
  name: string
  arguments: string
}

/** What one chunk adds to a choice; a text is '' and a list empty where it adds nothing. */
export interface ChoiceDelta {
  choice: number
  text: string
  refusal: string
  /** What the model thought aloud. */
  reasoning: string
  calls: CallPart[]
  finishReason: string | null
}

interface WireMessage {
  content?: unknown
  refusal?: unknown
  reasoning?: unknown
  reasoning_content?: unknown
  tool_calls?: unknown
}

interface WireChunk {
  choices?: unknown
  usage?: { completion_tokens_details?: { reasoning_tokens?: unknown } | null } | null
}

interface WireChoice {
  index?: number
  delta?: WireMessage | null
  message?: WireMessage | null
  finish_reason?: string | null
}

interface WireCall {
  index?: number
  id?: string | null
  function?: { name?: string | null; arguments?: string | null } | null
}

/** A frame has one token, rarely a picture; who sends more than this in one is broken. */
const MOST_FRAME_BYTES = 16 * 1024 ** 2

/** Reads one answer: its frames as they come, or its one body. */
export class ChatChunks {
  /** How many of the output tokens were thoughts, as far as was reported. */
  reasoningTokens = 0
  /** Something could not be read: what was made of this answer has a hole, and must not be called complete. */
  isBroken = false
  readonly #scanner = new EventScanner(MOST_FRAME_BYTES)
  /** The ids of the calls, by choice. */
  readonly #calls = new Map<number, { index: number; id: string }[]>()

  /** What frames say that came from a provider; a frame may come in pieces. */
  push(frames: Buffer): ChoiceDelta[] {
    const deltas: ChoiceDelta[] = []
    this.#scanner.push(frames, (event, part) => {
      if (part === 'whole') deltas.push(...this.#readEvent(event))
      else if (part !== 'tail') this.isBroken = true
    })
    return deltas
  }

  /** What a last frame says whose end never came. */
  end(): ChoiceDelta[] {
    const deltas: ChoiceDelta[] = []
    this.#scanner.end(event => deltas.push(...this.#readEvent(event)))
    return deltas
  }

  /** What a whole completion says, one delta for each choice. */
  readWhole(completion: Buffer): ChoiceDelta[] {
    return this.#read(JSON.parse(completion.toString()))
  }

  #readEvent(event: Buffer): ChoiceDelta[] {
    const data = dataOf(event)
    if (data === null) return []
    try {
      return this.#read(JSON.parse(data))
    } catch {
      this.isBroken = true
      return []
    }
  }

  #read({ choices, usage }: WireChunk): ChoiceDelta[] {
    const thought = usage?.completion_tokens_details?.reasoning_tokens
    if (typeof thought === 'number') this.reasoningTokens = thought
    if (!Array.isArray(choices)) return []
    return choices.map(({ index: choice = 0, delta, message, finish_reason }: WireChoice) => {
      const said = delta ?? message ?? {}
      return {
        choice,
        text: textOf(said.content),
        refusal: textOf(said.refusal),
        reasoning: textOf(said.reasoning_content) || textOf(said.reasoning),
        calls: Array.isArray(said.tool_calls) ? this.#callsOf(choice, said.tool_calls, Boolean(delta)) : [],
        finishReason: finish_reason ?? null,
      }
    })
  }

  #callsOf(choice: number, parts: WireCall[], streamed: boolean): CallPart[] {
    const known = this.#calls.getOrInsertComputed(choice, () => [])
    return parts.map(({ index = 0, id, function: called }) => {
      // Some providers number no call, or all of them 0: then another id is another call.
      let call = streamed ? known.findLastIndex(other => other.index === index) : -1
      if (call < 0 || (id && id !== known[call]?.id)) call = known.push({ index, id: id ?? '' }) - 1
      const name = called?.name ?? ''
      return { call, id: known[call]?.id || `call_${call}`, name, arguments: called?.arguments ?? '' }
    })
  }
}

/** A text, or the text parts of a list joined. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map(part => (typeof part?.text === 'string' ? part.text : '')).join('')
}
