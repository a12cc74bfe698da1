import type { Usage } from '@lectern/shared/contracts/records.ts'
import { errorBody, LecternError } from '@lectern/shared/errors.ts'
import { namedEventOf } from '../upstream/sse.ts'
import { ChatChunks, type ChoiceDelta } from './chat-chunks.ts'
import type { DoorStream, Opening } from './door.ts'
import { type Item, type ResponseState, responseBody, statusOf } from './responses-answer.ts'
import { CallWriter, MessageWriter, type WriteEvent } from './responses-items.ts'

/** A chat stream as the events of the Responses API: items one after the other, each added, filled and done. */
export function responseStream(opening: Opening): DoorStream {
  const events = new ResponseEvents(opening)
  return {
    push: frames => events.push(frames),
    end: usage => events.end(usage),
    fail: error => events.fail(error),
  }
}

class ResponseEvents {
  readonly #opening: Opening
  readonly #createdS = Math.floor(Date.now() / 1000)
  readonly #chunks = new ChatChunks()
  /** Those that are done. */
  readonly #output: Item[] = []
  #message: MessageWriter | null = null
  #call: CallWriter | null = null
  #lastCall = -1
  #isBroken = false
  #finishReason: string | null = null
  #sequence = 0
  #pending = ''

  constructor(opening: Opening) {
    this.#opening = opening
  }

  push(frames: Buffer): string {
    this.#open()
    for (const delta of this.#chunks.push(frames)) this.#add(delta)
    return this.#flush()
  }

  end(usage: Usage): string {
    this.#open()
    for (const delta of this.#chunks.end()) this.#add(delta)
    if (this.#isBroken || this.#chunks.isBroken) return this.fail(new LecternError('provider_error'))
    const status = statusOf(this.#finishReason)
    this.#close(status)
    this.#write({ type: `response.${status}`, response: this.#response({ usage }) })
    return this.#flush()
  }

  /** OpenAI sends both: some clients throw what `error` says, others wait for `response.failed`. */
  fail(error: LecternError): string {
    const { error: said } = errorBody(error)
    const { code, message, param } = said
    this.#write({ type: 'error', code, message, param, error: said })
    this.#write({ type: 'response.failed', response: this.#response({ error }) })
    return this.#flush()
  }

  #open(): void {
    if (this.#sequence > 0) return
    const response = this.#response({})
    this.#write({ type: 'response.created', response })
    this.#write({ type: 'response.in_progress', response })
  }

  #add({ text, refusal, calls, finishReason }: ChoiceDelta): void {
    if (finishReason !== null) this.#finishReason = finishReason
    if (text || refusal) {
      if (this.#call) this.#close('completed')
      this.#message ??= new MessageWriter(this.#opening.id, this.#output.length, this.#write)
      if (text) this.#message.add('output_text', text)
      if (refusal) this.#message.add('refusal', refusal)
    }
    for (const { call, id, name, arguments: given } of calls) {
      if (call > this.#lastCall) {
        this.#close('completed')
        this.#lastCall = call
        this.#call = new CallWriter(this.#opening.id, this.#output.length, { id, name }, this.#write)
      } else if (call < this.#lastCall || this.#call === null) {
        // It went on after another item had begun, which items in a row cannot express.
        this.#isBroken = true
        continue
      }
      if (given !== '') this.#call?.add(given)
    }
  }

  /** Ends the item that is open. */
  #close(status: 'completed' | 'incomplete'): void {
    const open = this.#message ?? this.#call
    if (open) this.#output.push(open.done(status))
    this.#message = null
    this.#call = null
  }

  #response(state: Partial<ResponseState>) {
    return responseBody(this.#opening, this.#createdS, {
      output: [...this.#output],
      finishReason: this.#finishReason,
      usage: null,
      reasoningTokens: this.#chunks.reasoningTokens,
      error: null,
      ...state,
    })
  }

  readonly #write: WriteEvent = event => {
    this.#pending += namedEventOf({ ...event, sequence_number: this.#sequence })
    this.#sequence += 1
  }

  #flush(): string {
    const written = this.#pending
    this.#pending = ''
    return written
  }
}
