import { randomBytes } from 'node:crypto'
import { type Directive, withoutDirectives } from './directive.ts'
import { ApiError } from './errors.ts'
import { type ChatMessage, type ChatRequest, type ChatTool, textOf } from './request.ts'
import { sampleOf } from './sample.ts'
import { tokensOf } from './tokens.ts'

/** One choice of an answer. Each token of it is one chunk of the stream. */
export interface Answer {
  /** The text; of a tool call the name of the function, then its arguments. */
  tokens: string[]
  finish: 'stop' | 'length' | 'tool_calls'
  tool?: { id: string; name: string }
}

// Long enough to recognise one's question, short enough for one line.
const HINT_LENGTH = 80

const FILLER = ' And on it goes, one token after the other, for as long as you asked.'

/** Composes one choice: the same request and directive always give the same text. */
export function composeAnswer(request: ChatRequest, directive: Directive): Answer {
  const tool = directive.echo ? undefined : toolToCall(request)
  const tokens = tool ? callTokens(tool, request) : textTokens(request, directive)
  const finish = tool ? 'tool_calls' : 'stop'
  return {
    tokens: tokens.slice(0, request.maxTokens),
    finish: tokens.length > request.maxTokens ? 'length' : finish,
    tool: tool && { id: `call_${randomBytes(12).toString('hex')}`, name: tool.function.name },
  }
}

// Only a user's turn is answered by a call: after the tool's own message an agent needs text, or it never ends.
function toolToCall({ tools, toolChoice, messages }: ChatRequest): ChatTool | undefined {
  if (!tools || toolChoice === 'none' || messages.at(-1)?.role !== 'user') return undefined
  const wanted = (toolChoice as { function?: { name?: string } } | null | undefined)?.function?.name
  if (!wanted) return tools[0]
  const tool = tools.find(candidate => candidate.function.name === wanted)
  if (tool) return tool
  throw new ApiError(400, `Tool choice '${wanted}' is not among the tools.`, { param: 'tool_choice' })
}

function callTokens(tool: ChatTool, { messages }: ChatRequest): string[] {
  const schema = tool.function.parameters ?? { type: 'object' }
  return [tool.function.name, ...tokensOf(JSON.stringify(sampleOf(schema, hintOf(messages))))]
}

function textTokens(request: ChatRequest, { echo, tokens, big }: Directive): string[] {
  if (echo) return tokensOf(JSON.stringify(request.messages))
  const text = jsonText(request) ?? plainText(request)
  // One word is one token however long it is, so this is one huge frame and no huge bill.
  const found = big ? ['x'.repeat(big), ...tokensOf(` ${text}`)] : tokensOf(text)
  return tokens ? ofLength(found, tokens) : found
}

function ofLength(tokens: string[], length: number): string[] {
  const filler = tokensOf(FILLER)
  return Array.from({ length }, (_, at) => tokens[at] ?? filler[(at - tokens.length) % filler.length] ?? '')
}

function jsonText({ responseFormat, messages, model }: ChatRequest): string | undefined {
  const hint = hintOf(messages)
  if (responseFormat?.type === 'json_object') {
    return JSON.stringify({ provider: 'demo', model, question: hint, answer: 'This is the demo provider.' })
  }
  if (responseFormat?.type !== 'json_schema') return undefined
  return JSON.stringify(sampleOf(responseFormat.json_schema?.schema, hint))
}

function plainText({ messages, model }: ChatRequest): string {
  const last = messages.at(-1)
  const hint = hintOf(messages)
  if (last?.role === 'tool') return `The tool answered: “${shorten(textOf(last))}”. ${ABOUT}`
  if (/what(’s|'s| is| was) your system prompt/i.test(textOf(last))) return systemPrompt(messages[0])
  const asked = hint ? `You asked: “${hint}”. ` : ''
  return `Hello! I am ${model}, Lectern’s demo provider. ${asked}${ABOUT}`
}

const ABOUT =
  'I am not a language model: I give this answer to everybody, at the pace of a real model, so that you can watch ' +
  'a stream arrive and your budget being charged. Plug in a real provider to get a real answer.'

function systemPrompt(first: ChatMessage | undefined): string {
  const given = first?.role === 'system' || first?.role === 'developer'
  return given ? `My system prompt is:\n\n${textOf(first)}` : 'I was given no system prompt.'
}

function hintOf(messages: ChatMessage[]): string {
  return shorten(withoutDirectives(textOf(messages.findLast(message => message.role === 'user'))))
}

function shorten(text: string): string {
  // By code point: half an emoji would not survive UTF-8.
  const points = [...text.replace(/\s+/g, ' ').trim()]
  return points.length > HINT_LENGTH ? `${points.slice(0, HINT_LENGTH).join('').trimEnd()}…` : points.join('')
}
