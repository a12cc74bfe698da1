import type { ChatMessage } from '../chat.ts'
import { invalid, listAt, objectAt, textAt } from './invalid.ts'

type Item = Record<string, unknown>
type Part =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: string } }

interface AssistantMessage extends Record<string, unknown> {
  role: 'assistant'
  content: unknown
  tool_calls?: { id: string; type: 'function'; function: { name: string; arguments: string } }[]
}

const ROLES = ['user', 'assistant', 'system', 'developer']

/** The input of a response as the messages of a chat. */
export function chatMessagesOfInput(input: unknown): ChatMessage[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  const messages: ChatMessage[] = []
  for (const [index, entry] of listAt(input, 'input').entries()) {
    const param = `input[${index}]`
    const item = objectAt(entry, param)
    const type = item.type ?? 'message'
    if (type === 'message') messages.push(messageOf(item, param))
    else if (type === 'function_call') addCall(messages, item, param)
    else if (type === 'function_call_output') messages.push(resultOf(item, param))
    // Thoughts belong to the model that had them.
    else if (type !== 'reasoning') {
      const problem =
        type === 'item_reference'
          ? 'refers to what was said before, and nothing is kept here. Send the item itself'
          : `is of type ${type}, which is not possible here`
      throw invalid(param, problem)
    }
  }
  return messages
}

function messageOf({ role, content }: Item, param: string): ChatMessage {
  const name = textAt(role, `${param}.role`)
  if (!ROLES.includes(name)) throw invalid(`${param}.role`, `must be one of ${ROLES.join(', ')}`)
  const parts = partsOf(content, `${param}.content`)
  // The older name of the same role is the one that every server knows.
  if (name !== 'user') return { role: name === 'developer' ? 'system' : name, content: textIn(parts, param) }
  const [only] = parts
  return { role: name, content: parts.length === 1 && only?.type === 'text' ? only.text : parts }
}

/** Calls belong to the message of the model that came right before them, or make one of their own. */
function addCall(messages: ChatMessage[], { call_id, name, arguments: given }: Item, param: string): void {
  const call = {
    id: textAt(call_id, `${param}.call_id`),
    type: 'function' as const,
    function: { name: textAt(name, `${param}.name`), arguments: textAt(given, `${param}.arguments`) },
  }
  const last = messages.at(-1)
  const message: AssistantMessage =
    last?.role === 'assistant' ? (last as AssistantMessage) : { role: 'assistant', content: null }
  message.tool_calls = [...(message.tool_calls ?? []), call]
  if (message !== last) messages.push(message)
}

function resultOf({ call_id, output }: Item, param: string): ChatMessage {
  const content = textIn(partsOf(output, `${param}.output`), `${param}.output`)
  const message = { role: 'tool', tool_call_id: textAt(call_id, `${param}.call_id`), content }
  return message
}

function textIn(parts: readonly Part[], param: string): string {
  return parts
    .map(part => {
      if (part.type === 'text') return part.text
      throw invalid(param, 'may have text only. Send images in a message of the user')
    })
    .join('')
}

function partsOf(content: unknown, param: string): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return listAt(content, param).map((entry, index) => partOf(entry, `${param}[${index}]`))
}

function partOf(entry: unknown, param: string): Part {
  const { type, text, refusal, image_url, detail } = objectAt(entry, param)
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: textAt(text, `${param}.text`) }
    case 'refusal':
      return { type: 'text', text: textAt(refusal, `${param}.refusal`) }
    case 'input_image': {
      if (typeof image_url !== 'string') {
        throw invalid(`${param}.image_url`, 'must be a URL or a data URL: no files are kept here')
      }
      return {
        type: 'image_url',
        image_url: { url: image_url, ...(typeof detail === 'string' ? { detail } : {}) },
      }
    }
    default:
      throw invalid(`${param}.type`, `is ${type}, which is not possible here. Send text or images`)
  }
}
