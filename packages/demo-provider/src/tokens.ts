import { type ChatMessage, type ChatRequest, textOf } from './request.ts'

// A token is a word, a character of a script written without spaces, or a sign, each with the white space before it
// (white space that ends the text is one of its own). So the tokens of a text join to the text, and as none is empty
// there are never more of them than UTF-8 bytes: a bound in bytes always holds.
const TOKEN =
  /\s*(?:[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]|[[\p{L}\p{M}\p{N}_]--[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]]+|\S)|\s+$/gv

// OpenAI's published rule: three for each message, one for a name, three that open the answer.
const PER_MESSAGE = 3
const PER_NAME = 1
const PER_ANSWER = 3

/** The tokens of a text, in order. */
export function tokensOf(text: string): string[] {
  return text.match(TOKEN) ?? []
}

/** The tokens of a prompt: at most the UTF-8 bytes of its texts and tools, 4 per message and 3. */
export function countPrompt(request: ChatRequest): number {
  const messages = request.messages.reduce((sum, message) => sum + countMessage(message), 0)
  return messages + (request.tools ? countStructure(request.tools) : 0) + PER_ANSWER
}

function countMessage(message: ChatMessage): number {
  const calls = message.tool_calls ? countStructure(message.tool_calls) : 0
  return tokensOf(textOf(message)).length + calls + PER_MESSAGE + (message.name ? PER_NAME : 0)
}

// A provider renders tools more tersely than JSON: the words count, the brackets do not.
function countStructure(value: unknown): number {
  return tokensOf(
    JSON.stringify(value)
      .replace(/[{}[\]",:\\]+/g, ' ')
      .trim(),
  ).length
}
