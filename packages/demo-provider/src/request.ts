import { ApiError } from './errors.ts'

/** A message as far as the demo provider reads it. */
export interface ChatMessage {
  role: string
  content?: unknown
  name?: string
  tool_calls?: unknown[]
}

/** A function that the client offers. */
export interface ChatTool {
  type: string
  function: { name: string; parameters?: unknown }
}

/** The fields of a chat request that change the answer; all others are only recorded. */
export interface ChatRequest {
  model: string
  messages: ChatMessage[]
  stream: boolean
  includeUsage: boolean
  choices: number
  maxTokens: number
  tools?: ChatTool[]
  toolChoice?: unknown
  responseFormat?: { type?: string; json_schema?: { schema?: unknown } }
}

// OpenAI's own limit.
const MOST_CHOICES = 128

/** Reads the body of a chat request; throws the 400 or 404 that a real provider would answer. */
export function readChatRequest(body: unknown, models: string[]): ChatRequest {
  if (!isObject(body)) throw new ApiError(400, 'The body must be a JSON object.')
  const model = readModel(body.model, models)
  const messages = readMessages(body.messages)
  const caps = ['max_tokens', 'max_completion_tokens'].map(name => positive(body, name, Infinity))
  const options = isObject(body.stream_options) ? body.stream_options : {}
  return {
    model,
    messages,
    stream: body.stream === true,
    includeUsage: options.include_usage === true,
    choices: positive(body, 'n', 1, MOST_CHOICES),
    maxTokens: Math.min(...caps),
    tools: readTools(body.tools),
    toolChoice: body.tool_choice,
    responseFormat: isObject(body.response_format) ? body.response_format : undefined,
  }
}

/** The text of a message, whether it is a string or a list of parts; images have none. */
export function textOf(message: ChatMessage | undefined): string {
  const content = message?.content
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map(part => (typeof part?.text === 'string' ? part.text : '')).join('')
}

/** Whether a parsed JSON value is an object, so that its fields can be read. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The model that was asked for; throws the 404 of one that is not there. */
export function readModel(model: unknown, models: string[]): string {
  if (typeof model !== 'string') throw missing('model')
  if (models.includes(model)) return model
  throw new ApiError(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
    code: 'model_not_found',
    param: 'model',
  })
}

function readMessages(messages: unknown): ChatMessage[] {
  if (!Array.isArray(messages)) throw missing('messages')
  const wellFormed = messages.every(message => isObject(message) && typeof message.role === 'string')
  if (messages.length === 0 || !wellFormed) {
    throw new ApiError(400, 'messages must be a list of at least one object with a role.', {
      param: 'messages',
    })
  }
  return messages
}

function readTools(tools: unknown): ChatTool[] | undefined {
  if (tools === undefined || tools === null) return undefined
  const named = (tool: unknown) =>
    isObject(tool) && isObject(tool.function) && typeof tool.function.name === 'string'
  if (Array.isArray(tools) && tools.length > 0 && tools.every(named)) return tools
  throw new ApiError(400, 'tools must be a list of at least one function with a name.', { param: 'tools' })
}

function positive(body: Record<string, unknown>, name: string, fallback: number, most = Infinity): number {
  const value = body[name] ?? fallback
  if (value === fallback) return fallback
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most) return Number(value)
  throw new ApiError(400, `Invalid '${name}': expected a whole number of at least 1.`, { param: name })
}

function missing(param: string): ApiError {
  const code = 'missing_required_parameter'
  return new ApiError(400, `Missing required parameter: '${param}'.`, { param, code })
}
