import { LecternError } from '@lectern/shared/errors.ts'
import type { ChatMessage } from '../../chat.ts'
import { parseObject } from './openai-answer.ts'

/** The messages of a chat as Anthropic takes them: the system's words apart, the rest in turns of blocks. */

type Block = { type: string } & Record<string, unknown>

interface Turn {
  role: 'user' | 'assistant'
  content: Block[]
}

/** A part of OpenAI's content, as far as it is read. */
interface Part {
  type?: unknown
  text?: unknown
  refusal?: unknown
  image_url?: { url?: unknown }
}

const IMAGE_DATA = /^data:(image\/(?:jpeg|png|gif|webp));base64,/i
/** Anthropic's ids of calls; other models' may have dots and colons in a conversation that began with them. */
const NOT_IN_ID = /[^\w-]/g

/**
 * The staff's prompt and the student's system messages in their order, and the turns of user and assistant: messages that
 * follow each other in one role are one turn, and a tool's answers stand first in theirs. Throws `invalid_request` for content
 * that Claude cannot read.
 */
export function writeMessages(messages: readonly ChatMessage[], staff: string | null) {
  const system: Block[] = staff === null ? [] : textBlocks(staff)
  const turns: Turn[] = []
  for (const message of messages) {
    const { role, content } = message
    if (role === 'system' || role === 'developer') system.push(...blocksOf(content))
    else if (role === 'user') add(turns, 'user', blocksOf(content))
    else if (role === 'assistant') add(turns, 'assistant', [...blocksOf(content), ...callsOf(message)])
    else if (role === 'tool') addResult(turns, message)
    else throw invalid(`Claude models know the roles system, user, assistant and tool, not "${role}".`)
  }
  if (turns.length === 0) throw invalid('Claude models need a message of the user that is not empty.')
  // A chat that opens with the assistant's greeting: the user's turn always comes first.
  if (turns[0]?.role === 'assistant') turns.unshift({ role: 'user', content: textBlocks('.') })
  return { ...(system.length > 0 ? { system } : {}), messages: turns }
}

/** A message without content is none: Anthropic refuses empty ones. */
function add(turns: Turn[], role: Turn['role'], content: Block[]): void {
  if (content.length === 0) return
  const last = turns.at(-1)
  if (last?.role === role) last.content.push(...content)
  else turns.push({ role, content })
}

function addResult(turns: Turn[], message: ChatMessage): void {
  const { content, tool_call_id: id } = message as ChatMessage & { tool_call_id?: unknown }
  if (typeof id !== 'string') throw invalid('A message of a tool needs the tool_call_id that it answers.')
  const blocks = blocksOf(content)
  const result = {
    type: 'tool_result',
    tool_use_id: idOf(id),
    ...(blocks.length > 0 ? { content: blocks } : {}),
  }
  const last = turns.at(-1)
  if (last?.role !== 'user') return void turns.push({ role: 'user', content: [result] })
  const after = last.content.findLastIndex(({ type }) => type === 'tool_result') + 1
  last.content.splice(after, 0, result)
}

function callsOf(message: ChatMessage): Block[] {
  const { tool_calls: calls } = message as ChatMessage & { tool_calls?: unknown }
  if (!Array.isArray(calls)) return []
  return calls.map((call: { id?: unknown; function?: { name?: unknown; arguments?: unknown } } | null) => {
    const { id, function: called } = call ?? {}
    if (typeof id !== 'string' || typeof called?.name !== 'string') {
      throw invalid('Each of tool_calls needs an id and a function with a name.')
    }
    return { type: 'tool_use', id: idOf(id), name: called.name, input: inputOf(called.arguments) }
  })
}

/** Arguments that are no object (a model was cut in the middle of them) stay readable, or the chat could never go on. */
function inputOf(given: unknown): object {
  const text = typeof given === 'string' ? given : ''
  if (text.trim() === '') return {}
  const input = parseObject(text)
  return input === null || Array.isArray(input) ? { arguments: text } : input
}

function blocksOf(content: unknown): Block[] {
  if (typeof content === 'string') return textBlocks(content)
  if (content === undefined || content === null) return []
  if (!Array.isArray(content)) throw invalid('The content of a message must be a text or a list of parts.')
  return content.flatMap((part: Part | null) => {
    const { type, text, refusal, image_url: image } = part ?? {}
    if (type === 'text' && typeof text === 'string') return textBlocks(text)
    if (type === 'refusal' && typeof refusal === 'string') return textBlocks(refusal)
    if (type === 'image_url') return [{ type: 'image', source: sourceOf(image?.url) }]
    throw invalid(`Claude models read parts of the types text and image_url here, not "${String(type)}".`)
  })
}

/** Anthropic refuses blocks of nothing but white space. */
function textBlocks(text: string): Block[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }]
}

function sourceOf(url: unknown): Block {
  const text = typeof url === 'string' ? url : ''
  const [opening, mediaType] = IMAGE_DATA.exec(text) ?? []
  if (opening !== undefined) {
    return { type: 'base64', media_type: mediaType?.toLowerCase(), data: text.slice(opening.length) }
  }
  if (/^https:\/\//i.test(text)) return { type: 'url', url: text }
  throw invalid('An image must be a https: address, or data: of a JPEG, PNG, GIF or WebP in base64.')
}

function idOf(id: string): string {
  return id.replace(NOT_IN_ID, '_') || '_'
}

function invalid(message: string): LecternError {
  return new LecternError('invalid_request', { message, param: 'messages' })
}
