import { isObject } from '@lectern/shared/message-text.ts'
import type { Conversation } from '../../api/types.ts'

/** What was said in one request, from its first message to its answers, whichever client it came from. */

export type Part =
  | { kind: 'text'; text: string }
  /** A picture, sound or file: what is known of it. */
  | { kind: 'file'; text: string }
  /** The model asks the client to call a tool. */
  | { kind: 'call'; name: string; text: string }
  | { kind: 'data'; text: string }

export interface Turn {
  /** `lectern`: a mark of ours that something was left out. */
  role: 'system' | 'student' | 'model' | 'tool' | 'lectern'
  parts: Part[]
  /** Sent along again by the client, as chats do; not the question of this request. */
  earlier: boolean
}

const ROLES: Record<string, Turn['role']> = {
  system: 'system',
  developer: 'system',
  user: 'student',
  assistant: 'model',
  tool: 'tool',
  function: 'tool',
  lectern: 'lectern',
}

/** All turns in order. The newest message of the student begins what is not `earlier`. */
export function turnsOf({ messages, answers }: Pick<Conversation, 'messages' | 'answers'>): Turn[] {
  const newest = messages.findLastIndex(message => isObject(message) && message.role === 'user')
  const asked = messages.map((message, index) => ({ ...toTurn(message), earlier: index < newest }))
  const answered = answers.map(
    ({ text, toolCalls }): Turn => ({
      role: 'model',
      parts: [...textParts(text), ...toolCalls.map(toCall)],
      earlier: false,
    }),
  )
  return [...asked, ...answered].filter(({ parts }) => parts.length > 0)
}

function toTurn(message: unknown): Omit<Turn, 'earlier'> {
  if (!isObject(message)) return { role: 'student', parts: [toData(message)] }
  const { role, content, tool_calls: calls } = message
  const parts = Array.isArray(content) ? content.map(toPart) : content == null ? [] : textParts(content)
  return {
    role: ROLES[String(role)] ?? 'student',
    parts: [...parts, ...(Array.isArray(calls) ? calls.map(toCall) : [])],
  }
}

function textParts(content: unknown): Part[] {
  if (typeof content !== 'string') return [toData(content)]
  return content.trim() === '' ? [] : [{ kind: 'text', text: content }]
}

function toPart(part: unknown): Part {
  if (typeof part === 'string') return { kind: 'text', text: part }
  if (!isObject(part)) return toData(part)
  if (typeof part.text === 'string') return { kind: 'text', text: part.text }
  if (typeof part.refusal === 'string') return { kind: 'text', text: part.refusal }
  const { image_url: image, input_audio: audio, file } = part
  if (isObject(image)) return { kind: 'file', text: String(image.url ?? '') }
  if (isObject(audio)) return { kind: 'file', text: [audio.format, audio.data].filter(Boolean).join(' ') }
  if (isObject(file)) return { kind: 'file', text: [file.filename, file.file_data].filter(Boolean).join(' ') }
  return toData(part)
}

function toCall(call: unknown): Part {
  const named = isObject(call) && isObject(call.function) ? call.function : call
  if (!isObject(named) || typeof named.name !== 'string') return toData(call)
  const given = named.arguments ?? named.input
  return { kind: 'call', name: named.name, text: pretty(given) }
}

const toData = (value: unknown): Part => ({ kind: 'data', text: JSON.stringify(value, null, 2) })

/** Arguments come as JSON in a text; what is no JSON stays as it is. */
function pretty(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value ?? {}, null, 2)
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

/** The beginning of an answer without the marks of its form, for one line of a list. */
export function plainOf(markdown: string): string {
  return markdown
    .replace(/(```|~~~)\w*|[*#`|]+/g, ' ')
    .replace(/(?<=\s|^)(-{2,}|>)(?=\s|$)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
