import { type ChatBody, type ChatMessage, TokenIds } from './chat.ts'

/**
 * The upper bound of a prompt's tokens, which is what gets held. Every token of a byte-level tokenizer is at least one
 * byte, so the UTF-8 bytes of all that the model reads are a bound that costs nothing to compute. Where a budget is too
 * small for it, `countable` says what a tokenizer must count instead. What is not text has bounds of its own in both.
 */

/** What the deployments of a model add to a prompt, in tokens: the most that one of them may. */
export interface PromptCosts {
  /** One image. */
  imageTokens: number
  /** What surrounds a conversation: the beginning, a system prompt of the template's own, the opening of the answer. */
  templateTokens: number
}

/** A prompt as it is counted: every text that the model reads, and the tokens of all that is not text. */
export interface Countable {
  texts: string[]
  fixedTokens: number
}

/** What chat templates put around a message (`<|im_start|>role ... <|im_end|>`), with room to spare. */
const TOKENS_PER_MESSAGE = 12
/** Providers explain tools to the model in words of their own; Anthropic documents up to 804 tokens. */
const TOKENS_FOR_TOOLS = 900
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

/** Upper bound of the tokens of a request's prompt, in bytes; `system` is the staff's text, null for none. */
export function boundOfPrompt(body: ChatBody, system: string | null, costs: PromptCosts): number {
  let tokens = fixedTokensOf(body, system, costs)
  if (system !== null) tokens += Buffer.byteLength(system)
  for (const message of body.messages) tokens += boundOfMessage(message, costs)
  for (const field of FIELDS_READ) {
    if (body[field] !== undefined) tokens += bytesOf(body[field])
  }
  return tokens
}

/** The same prompt for a tokenizer. What is not plain text is counted as the JSON that it is. */
export function countable(body: ChatBody, system: string | null, costs: PromptCosts): Countable {
  const texts = system === null ? [] : [system]
  let fixedTokens = fixedTokensOf(body, system, costs)
  for (const { role, content, ...rest } of body.messages) {
    texts.push(role)
    if (Object.keys(rest).length > 0) texts.push(JSON.stringify(rest))
    for (const part of Array.isArray(content) ? content : [content]) {
      const tokens = tokensOfMedia(part, costs)
      if (tokens === null) texts.push(textOfPart(part))
      else fixedTokens += tokens
    }
  }
  for (const field of FIELDS_READ) {
    if (body[field] !== undefined) texts.push(JSON.stringify(body[field]))
  }
  return { texts, fixedTokens }
}

function fixedTokensOf(body: ChatBody, system: string | null, costs: PromptCosts): number {
  const count = body.messages.length + (system === null ? 0 : 1)
  const tools = body.tools ?? body.functions
  const toolCount = Array.isArray(tools) ? tools.length : 0
  const toolTokens = toolCount > 0 ? TOKENS_FOR_TOOLS + TOKENS_PER_TOOL * toolCount : 0
  return costs.templateTokens + TOKENS_PER_MESSAGE * count + toolTokens
}

function boundOfMessage({ content, ...rest }: ChatMessage, costs: PromptCosts): number {
  let tokens = bytesOf(rest)
  if (Array.isArray(content)) {
    for (const part of content) tokens += tokensOfMedia(part, costs) ?? bytesOf(part)
  } else tokens += bytesOf(content)
  return tokens
}

/** The tokens of an image, a sound, or a text that came as token ids; null: it is none of these. */
function tokensOfMedia(part: unknown, { imageTokens }: PromptCosts): number | null {
  if (part instanceof TokenIds) return part.token_ids.length
  const { type, input_audio: audio } = (part ?? {}) as { type?: unknown; input_audio?: { data?: unknown } }
  if (type === 'image_url') return imageTokens
  if (type === 'input_audio' && typeof audio?.data === 'string') {
    return TOKENS_PER_ATOM + Math.ceil(audio.data.length / AUDIO_CHARACTERS_PER_TOKEN)
  }
  return null
}

function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part
  const { type, text, ...rest } = (part ?? {}) as { type?: unknown; text?: unknown }
  const isPlain = type === 'text' && typeof text === 'string' && Object.keys(rest).length === 0
  return isPlain ? text : (JSON.stringify(part) ?? '')
}

/** UTF-8 bytes of all strings and names in a JSON value. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value !== 'object' || value === null) return value === undefined ? 0 : TOKENS_PER_ATOM
  let bytes = 2
  for (const [name, entry] of Object.entries(value)) {
    // A list's places are not written; an object's names are, with quotes, colon and comma.
    bytes += (Array.isArray(value) ? 1 : Buffer.byteLength(name) + countEscapes(name) + 4) + bytesOf(entry)
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
  // Half of a pair is three bytes as text, and an escape of six in JSON.
  return text.isWellFormed() ? escapes : escapes + 3 * (text.match(/\p{Surrogate}/gu)?.length ?? 0)
}
