import {
  callItem,
  type Item,
  type ItemStatus,
  idOf,
  messageItem,
  type Part,
  refusalPart,
  textPart,
} from './responses-answer.ts'

/** Takes one event; its number is given to it there. */
export type WriteEvent = (event: { type: string } & Record<string, unknown>) => void

type DoneStatus = Exclude<ItemStatus, 'in_progress'>

/** Writes the events of one message: its parts are text, or the model's refusal. */
export class MessageWriter {
  readonly #at: { item_id: string; output_index: number }
  readonly #write: WriteEvent
  readonly #parts: Part[] = []
  #open: { type: Part['type']; texts: string[] } | null = null

  constructor(id: string, output_index: number, write: WriteEvent) {
    this.#at = { item_id: idOf('msg', id, output_index), output_index }
    this.#write = write
    write({
      type: 'response.output_item.added',
      output_index,
      item: messageItem(this.#at.item_id, 'in_progress', []),
    })
  }

  add(type: Part['type'], delta: string): void {
    if (this.#open?.type !== type) {
      this.#closePart()
      this.#open = { type, texts: [] }
      this.#event('response.content_part.added', { part: partOf(type, '') })
    }
    this.#open.texts.push(delta)
    this.#event(`response.${type}.delta`, { delta, ...(type === 'output_text' ? { logprobs: [] } : {}) })
  }

  done(status: DoneStatus): Item {
    this.#closePart()
    const { item_id, output_index } = this.#at
    const item = messageItem(item_id, status, this.#parts)
    this.#write({ type: 'response.output_item.done', output_index, item })
    return item
  }

  #closePart(): void {
    if (this.#open === null) return
    const { type, texts } = this.#open
    const text = texts.join('')
    const said = type === 'output_text' ? { text, logprobs: [] } : { refusal: text }
    const part = partOf(type, text)
    this.#event(`response.${type}.done`, said)
    this.#event('response.content_part.done', { part })
    this.#parts.push(part)
    this.#open = null
  }

  #event(type: string, more: object): void {
    this.#write({ type, ...this.#at, content_index: this.#parts.length, ...more })
  }
}

/** Writes the events of one call of a function. */
export class CallWriter {
  readonly #at: { item_id: string; output_index: number }
  readonly #write: WriteEvent
  readonly #call: { call_id: string; name: string }
  readonly #arguments: string[] = []

  constructor(id: string, output_index: number, call: { id: string; name: string }, write: WriteEvent) {
    this.#at = { item_id: idOf('fc', id, output_index), output_index }
    this.#write = write
    this.#call = { call_id: call.id, name: call.name }
    const item = callItem(this.#at.item_id, 'in_progress', { ...this.#call, arguments: '' })
    write({ type: 'response.output_item.added', output_index, item })
  }

  add(delta: string): void {
    this.#arguments.push(delta)
    this.#write({ type: 'response.function_call_arguments.delta', ...this.#at, delta })
  }

  done(status: DoneStatus): Item {
    const given = this.#arguments.join('')
    const { item_id, output_index } = this.#at
    const { name } = this.#call
    this.#write({ type: 'response.function_call_arguments.done', ...this.#at, name, arguments: given })
    const item = callItem(item_id, status, { ...this.#call, arguments: given })
    this.#write({ type: 'response.output_item.done', output_index, item })
    return item
  }
}

function partOf(type: Part['type'], text: string): Part {
  return type === 'output_text' ? textPart(text) : refusalPart(text)
}
