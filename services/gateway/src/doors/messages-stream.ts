import type { Usage } from '@lectern/shared/contracts/records.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { namedEventOf } from '../upstream/sse.ts'
import { ChatChunks, type ChoiceDelta } from './chat-chunks.ts'
import type { DoorStream, Opening } from './door.ts'
import { envelopeOf, messagesUsage, stopReasonOf, wantsThinking } from './messages-answer.ts'
import { messagesError } from './messages-dialect.ts'

/** A chat stream as the events of Anthropic's: blocks one after the other, each opened, filled and closed. */
export function messageStream(opening: Opening): DoorStream {
  const chunks = new ChatChunks()
  const events = new MessageEvents(opening)
  return {
    push: frames => events.opened() + events.add(chunks.push(frames)),
    end(usage) {
      const rest = events.opened() + events.add(chunks.end())
      const isBroken = chunks.isBroken || events.isBroken
      return rest + (isBroken ? events.fail(new LecternError('provider_error')) : events.end(usage))
    },
    fail: error => events.fail(error),
  }
}

type BlockKind = 'text' | 'thinking' | `call ${number}`

class MessageEvents {
  /** A call went on after another had begun, which blocks in a row cannot express. */
  isBroken = false
  readonly #opening: Opening
  readonly #showsThinking: boolean
  #isOpened = false
  /** The block that is open, and its number; those before it are closed. */
  #kind: BlockKind | null = null
  #index = -1
  #lastCall = -1
  #finishReason: string | null = null

  constructor(opening: Opening) {
    this.#opening = opening
    this.#showsThinking = wantsThinking(opening)
  }

  /** The beginning, once. The prompt's tokens are known when the answer ends. */
  opened(): string {
    if (this.#isOpened) return ''
    this.#isOpened = true
    const usage = messagesUsage({ inputTokens: 0, outputTokens: 0, cachedTokens: 0, source: 'none' })
    const message = { ...envelopeOf(this.#opening), usage }
    return namedEventOf({ type: 'message_start', message }) + namedEventOf({ type: 'ping' })
  }

  add(deltas: readonly ChoiceDelta[]): string {
    return deltas.map(delta => this.#addOne(delta)).join('')
  }

  end(usage: Usage): string {
    const stop_reason = stopReasonOf(this.#finishReason, this.#lastCall >= 0)
    const delta = { stop_reason, stop_sequence: null }
    return (
      this.#close() +
      namedEventOf({ type: 'message_delta', delta, usage: messagesUsage(usage) }) +
      namedEventOf({ type: 'message_stop' })
    )
  }

  fail(error: LecternError): string {
    return namedEventOf(messagesError(error, this.#opening.id))
  }

  #addOne({ text, refusal, reasoning, calls, finishReason }: ChoiceDelta): string {
    if (finishReason !== null) this.#finishReason = finishReason
    let events = ''
    if (reasoning !== '' && this.#showsThinking) {
      events += this.#open('thinking', { type: 'thinking', thinking: '', signature: '' })
      events += this.#delta({ type: 'thinking_delta', thinking: reasoning })
    }
    if (text || refusal) {
      events += this.#open('text', { type: 'text', text: '' })
      events += this.#delta({ type: 'text_delta', text: text || refusal })
    }
    for (const { call, id, name, arguments: partial_json } of calls) {
      if (call < this.#lastCall || (call === this.#lastCall && this.#kind !== `call ${call}`)) {
        this.isBroken = true
        continue
      }
      this.#lastCall = call
      events += this.#open(`call ${call}`, { type: 'tool_use', id, name, input: {} })
      if (partial_json !== '') events += this.#delta({ type: 'input_json_delta', partial_json })
    }
    return events
  }

  #open(kind: BlockKind, content_block: object): string {
    if (this.#kind === kind) return ''
    const closed = this.#close()
    this.#kind = kind
    this.#index += 1
    return closed + namedEventOf({ type: 'content_block_start', index: this.#index, content_block })
  }

  #delta(delta: object): string {
    return namedEventOf({ type: 'content_block_delta', index: this.#index, delta })
  }

  #close(): string {
    if (this.#kind === null) return ''
    this.#kind = null
    return namedEventOf({ type: 'content_block_stop', index: this.#index })
  }
}
