import type { ChatBody, ChatMessage } from './chat.ts'

/**
 * The upper bound of a prompt's tokens, which is what gets held. Every token of a byte-level tokenizer is at least one
 * byte, so the UTF-8 bytes of all that the model reads are a bound that costs nothing to compute. What is not text
 * (images, sound) has bounds of its own.
 */

/** What chat templates put around a message (`<|im_start|>role ... <|im_end|>`), with room to spare. */
const TOKENS_PER_MESSAGE = 12
/** What they put around a conversation, and the opening of the answer. */
const TOKENS_PER_REQUEST = 24
/** Providers explain tools to the model in words of their own; Anthropic documents up to 346 tokens. */
const TOKENS_FOR_TOOLS = 400
const TOKENS_PER_TOOL = 24
/** Sound is ten tokens a second, and no format that providers take has less than 128 base64 characters for one of them. */
const AUDIO_CHARACTERS_PER_TOKEN = 64
/** A number or a keyword of JSON, written out. */
const TOKENS_PER_ATOM = 24

/** Fields outside the messages that the model gets to read. */
const FIELDS_READ = [
  'tools',
  'functions',
  'response_format',
  'tool_choice',
  'function_call',
  'prediction',
] as const

/** Upper bound of the tokens of a request's prompt; `system` is the staff's text, null for none. */
export function boundOfPrompt(body: ChatBody, system: string | null, imageTokens: number): number {
  let tokens = TOKENS_PER_REQUEST
  if (system !== null) tokens += Buffer.byteLength(system) + TOKENS_PER_MESSAGE
  for (const message of body.messages) tokens += TOKENS_PER_MESSAGE + boundOfMessage(message, imageTokens)
  for (const field of FIELDS_READ) {
    if (body[field] !== undefined) tokens += bytesOf(body[field])
  }
  const tools = body.tools ?? body.functions
  if (Array.isArray(tools) && tools.length > 0) tokens += TOKENS_FOR_TOOLS + TOKENS_PER_TOOL * tools.length
  return tokens
}

function boundOfMessage(message: ChatMessage, imageTokens: number): number {
  const { content, ...rest } = message
  let tokens = bytesOf(rest)
  if (Array.isArray(content)) for (const part of content) tokens += boundOfPart(part, imageTokens)
  else tokens += bytesOf(content)
  return tokens
}

function boundOfPart(part: unknown, imageTokens: number): number {
  const { type, input_audio: audio } = (part ?? {}) as { type?: unknown; input_audio?: { data?: unknown } }
  if (type === 'image_url') return imageTokens
  if (type === 'input_audio' && typeof audio?.data === 'string') {
    return TOKENS_PER_ATOM + Math.ceil(audio.data.length / AUDIO_CHARACTERS_PER_TOKEN)
  }
  return bytesOf(part)
}

/** UTF-8 bytes of all strings and names in a JSON value. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value !== 'object' || value === null) return value === undefined ? 0 : TOKENS_PER_ATOM
  let bytes = 2
  for (const [name, entry] of Object.entries(value)) {
    // A list's places are not written; an object's names are, with quotes, colon and comma.
    bytes += (Array.isArray(value) ? 1 : Buffer.byteLength(name) + 4) + bytesOf(entry)
    // Quotes, and at worst a backslash before each character that JSON must escape.
    if (typeof entry === 'string') bytes += 2 + countEscapes(entry)
  }
  return bytes
}

function countEscapes(text: string): number {
  let escapes = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22 || code === 0x5c) escapes += 1
    else if (code < 0x20) escapes += 5
  }
  return escapes
}
