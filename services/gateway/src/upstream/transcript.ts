import { dataOf, type EventPart } from './sse.ts'

/** One choice of an answer, as it is recorded. */
export interface Answer {
  text: string
  toolCalls: unknown[]
  finishReason: string | null
}

interface ToolCall {
  id?: string
  type?: string
  function: { name: string; arguments: string }
}

interface Choice {
  text: string[]
  /** What the model thought aloud: paid for, not part of the answer. */
  reasoning: string[]
  toolCalls: Map<number, ToolCall>
  finishReason: string | null
}

interface Delta {
  content?: string | null
  refusal?: string | null
  reasoning?: string | null
  reasoning_content?: string | null
  tool_calls?: {
    index?: number
    id?: string
    type?: string
    function?: { name?: string; arguments?: string }
  }[]
}

/** Frames are read in batches of this size: never one by one as they pass, never many kept. */
const FOLD_BYTES = 16 * 1024
/** Far beyond what a model writes at once; what is longer is recorded as far as this. */
const MOST_KEPT_BYTES = 8 * 1024 ** 2
const ANY_EVENT_END = /(?:\r\n|\n|\r(?!\n)){2}/
const CUT_MARK = '…[the rest was too long to be recorded]'

/** The text of a streamed answer, put together from its frames. */
export class Transcript {
  readonly #choices = new Map<number, Choice>()
  /** Whole events, as text: a buffer would keep all that its read of the socket brought. */
  #waiting: string[] = []
  #waitingBytes = 0
  #pieces: Buffer[] = []
  #piecesBytes = 0
  #keptBytes = 0

  /** Remembers a frame; it is read later. */
  keep(bytes: Buffer, part: Exclude<EventPart, 'tail'>): void {
    if (part === 'whole' || part === 'several') this.#add(bytes)
    else {
      if (this.#piecesBytes < MOST_KEPT_BYTES) this.#pieces.push(bytes)
      this.#piecesBytes += bytes.length
      if (part === 'last') {
        this.#add(Buffer.concat(this.#pieces))
        this.#pieces = []
        this.#piecesBytes = 0
      }
    }
  }

  /** The answers so far, one per choice. */
  answers(): Answer[] {
    this.#fold()
    return this.#inOrder().map(choice => ({
      text: choice.text.join(''),
      toolCalls: [...choice.toolCalls.values()],
      finishReason: choice.finishReason,
    }))
  }

  /** Everything that the model wrote, thoughts and calls included: what is counted when no usage was reported. */
  everything(): string {
    this.#fold()
    return this.#inOrder()
      .flatMap(({ reasoning, text, toolCalls }) => {
        const calls = [...toolCalls.values()].map(call => `${call.function.name}${call.function.arguments}`)
        return [...reasoning, ...text, ...calls]
      })
      .join('')
  }

  /** Whether every choice that began has said how it ended. */
  isComplete(): boolean {
    this.#fold()
    return this.#choices.size > 0 && this.#inOrder().every(choice => choice.finishReason !== null)
  }

  #inOrder(): Choice[] {
    return [...this.#choices].sort(([a], [b]) => a - b).map(([, choice]) => choice)
  }

  #add(frame: Buffer): void {
    this.#waiting.push(frame.toString())
    this.#waitingBytes += frame.length
    if (this.#waitingBytes >= FOLD_BYTES) this.#fold()
  }

  #fold(): void {
    if (this.#waitingBytes === 0) return
    const text = this.#waiting.join('')
    this.#waiting = []
    for (const event of text.split(text.includes('\r') ? ANY_EVENT_END : '\n\n')) {
      const data = dataOf(event)
      if (data === null) continue
      try {
        this.#read(JSON.parse(data))
      } catch {
        // A provider's broken frame went to the client as it came; there is no text in it to record.
      }
    }
    this.#waitingBytes = 0
  }

  #read(frame: {
    choices?: { index?: number; delta?: Delta | null; finish_reason?: string | null }[]
  }): void {
    for (const { index = 0, delta, finish_reason } of frame.choices ?? []) {
      const choice = this.#choices.getOrInsertComputed(index, emptyChoice)
      if (finish_reason) choice.finishReason = finish_reason
      if (!delta) continue
      this.#append(choice.text, delta.content ?? delta.refusal)
      this.#append(choice.reasoning, delta.reasoning_content ?? delta.reasoning)
      for (const part of delta.tool_calls ?? []) this.#appendCall(choice, part)
    }
  }

  #appendCall(choice: Choice, part: NonNullable<Delta['tool_calls']>[number]): void {
    const call = choice.toolCalls.getOrInsertComputed(part.index ?? 0, () => ({
      function: { name: '', arguments: '' },
    }))
    if (part.id) call.id = part.id
    if (part.type) call.type = part.type
    if (part.function?.name) call.function.name += part.function.name
    const text = part.function?.arguments
    if (typeof text === 'string' && this.#room(text)) call.function.arguments += text
  }

  #append(to: string[], text: unknown): void {
    if (typeof text === 'string' && text !== '' && this.#room(text)) to.push(text)
  }

  #room(text: string): boolean {
    const before = this.#keptBytes
    this.#keptBytes += text.length
    if (this.#keptBytes <= MOST_KEPT_BYTES) return true
    if (before <= MOST_KEPT_BYTES) this.#inOrder()[0]?.text.push(CUT_MARK)
    return false
  }
}

function emptyChoice(): Choice {
  return { text: [], reasoning: [], toolCalls: new Map(), finishReason: null }
}
