import type { ChatMessage } from '../chat.ts'
import { invalid, listAt, objectAt, textAt } from './invalid.ts'

type Block = Record<string, unknown>
type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }

interface ToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

/** Thoughts belong to the model that had them: another one, or its vendor's API, would refuse them. */
const THOUGHTS = ['thinking', 'redacted_thinking']

/** One of Anthropic's messages as the chat messages that say the same; none where it had only thoughts. */
export function chatMessagesOf(role: string, content: unknown, param: string): ChatMessage[] {
  if (typeof content === 'string') return [{ role, content }]
  const blocks = listAt(content, param).map((block, index) => objectAt(block, `${param}[${index}]`))
  if (role === 'assistant') return assistantMessages(blocks, param)
  if (role === 'system') return [{ role, content: textOfBlocks(content, param, '\n\n') }]
  return userMessages(blocks, param)
}

/** The text of a string or of a list of blocks that must all be texts. */
export function textOfBlocks(content: unknown, param: string, separator: string): string {
  if (typeof content === 'string') return content
  return listAt(content, param)
    .map((entry, index) => {
      const { type, text } = objectAt(entry, `${param}[${index}]`)
      if (type !== 'text') throw invalid(`${param}[${index}].type`, 'must be text')
      return textAt(text, `${param}[${index}].text`)
    })
    .join(separator)
}

function assistantMessages(blocks: Block[], param: string): ChatMessage[] {
  const texts: string[] = []
  const calls: ToolCall[] = []
  for (const [index, block] of blocks.entries()) {
    const at = `${param}[${index}]`
    const type = textAt(block.type, `${at}.type`)
    if (type === 'text') texts.push(textAt(block.text, `${at}.text`))
    else if (type === 'tool_use') calls.push(callOf(block, at))
    else if (!THOUGHTS.includes(type)) throw invalid(`${at}.type`, `is ${type}, which is not possible here`)
  }
  if (texts.length === 0 && calls.length === 0) return []
  const content = texts.length > 0 ? texts.join('') : null
  return [{ role: 'assistant', content, ...(calls.length > 0 ? { tool_calls: calls } : {}) }]
}

function callOf({ id, name, input }: Block, param: string): ToolCall {
  return {
    id: textAt(id, `${param}.id`),
    type: 'function',
    function: { name: textAt(name, `${param}.name`), arguments: JSON.stringify(input ?? {}) },
  }
}

/** The results of tools come first: in a chat they must follow the message that called them. */
function userMessages(blocks: Block[], param: string): ChatMessage[] {
  const results: ChatMessage[] = []
  const parts: Part[] = []
  for (const [index, block] of blocks.entries()) {
    const at = `${param}[${index}]`
    if (block.type === 'tool_result') {
      const found =
        block.content === undefined || block.content === null ? [] : partsOf(block.content, `${at}.content`)
      const text = found.flatMap(part => (part.type === 'text' ? [part.text] : [])).join('\n')
      const content = block.is_error === true ? `Error: ${text}` : text
      results.push({
        role: 'tool',
        tool_call_id: textAt(block.tool_use_id, `${at}.tool_use_id`),
        content,
      } as ChatMessage)
      // A tool's message is text only: what it shows follows behind.
      parts.push(...found.filter(part => part.type === 'image_url'))
    } else parts.push(...partsOfBlock(block, at))
  }
  if (parts.length === 0) return results
  const [only] = parts
  const content = parts.length === 1 && only?.type === 'text' ? only.text : parts
  return [...results, { role: 'user', content }]
}

function partsOf(content: unknown, param: string): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return listAt(content, param).flatMap((block, index) =>
    partsOfBlock(objectAt(block, `${param}[${index}]`), `${param}[${index}]`),
  )
}

function partsOfBlock(block: Block, param: string): Part[] {
  const type = textAt(block.type, `${param}.type`)
  switch (type) {
    case 'text':
      return [{ type: 'text', text: textAt(block.text, `${param}.text`) }]
    case 'image':
      return [{ type: 'image_url', image_url: { url: imageUrlOf(block.source, `${param}.source`) } }]
    case 'document':
      return documentParts(block, param)
    case 'search_result': {
      const found = textOfBlocks(block.content, `${param}.content`, '\n')
      return [{ type: 'text', text: [block.title, block.source, found].filter(Boolean).join('\n') }]
    }
    default:
      if (THOUGHTS.includes(type)) return []
      throw invalid(`${param}.type`, `is ${type}, which is not possible here`)
  }
}

function imageUrlOf(source: unknown, param: string): string {
  const { type, media_type, data, url } = objectAt(source, param)
  if (type === 'url') return textAt(url, `${param}.url`)
  if (type === 'base64') {
    return `data:${textAt(media_type, `${param}.media_type`)};base64,${textAt(data, `${param}.data`)}`
  }
  throw invalid(`${param}.type`, 'must be base64 or url: no files are kept here')
}

function documentParts({ source, title, context }: Block, param: string): Part[] {
  const { type, data, content } = objectAt(source, `${param}.source`)
  const about = [title, context].filter(text => typeof text === 'string' && text !== '').join('\n')
  const head: Part[] = about === '' ? [] : [{ type: 'text', text: about }]
  if (type === 'text') return [...head, { type: 'text', text: textAt(data, `${param}.source.data`) }]
  if (type === 'content') return [...head, ...partsOf(content, `${param}.source.content`)]
  throw invalid(
    `${param}.source.type`,
    'must be text or content: send the words of a document instead of its file',
  )
}
