import { ApiError } from './errors.ts'
import { type ChatMessage, type ChatRequest, type ChatTool, isObject, readModel } from './request.ts'

/** Fields that Anthropic's API knows; it refuses every other. */
const FIELDS = [
  'model',
  'messages',
  'max_tokens',
  'system',
  'stream',
  'metadata',
  'stop_sequences',
  'temperature',
  'top_p',
  'top_k',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'service_tier',
]
const ID = /^[\w-]+$/

/**
 * Reads a request in Anthropic's form as the chat request that it is; throws the 400 that the real API would answer. `thinks`:
 * whether the model may think aloud.
 */
export function readMessagesRequest(body: unknown, models: string[]) {
  if (!isObject(body)) throw new ApiError(400, 'The body must be a JSON object.')
  const unknown = Object.keys(body).find(field => !FIELDS.includes(field))
  if (unknown) throw invalid(`${unknown}: Extra inputs are not permitted`)
  const { max_tokens: maxTokens, temperature, system, thinking } = body
  if (!Number.isInteger(maxTokens) || Number(maxTokens) < 1) throw invalid('max_tokens: Field required')
  if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 1)) {
    throw invalid('temperature: range: 0..1')
  }
  const request: ChatRequest = {
    model: readModel(body.model, models),
    messages: [...systemOf(system), ...readTurns(body.messages)],
    stream: body.stream === true,
    includeUsage: true,
    choices: 1,
    maxTokens: Number(maxTokens),
    tools: readTools(body.tools),
    toolChoice: choiceOf(body.tool_choice),
    responseFormat: formatOf(body.output_config),
  }
  return { request, thinks: isObject(thinking) && thinking.type !== 'disabled' }
}

function systemOf(system: unknown): ChatMessage[] {
  if (system === undefined) return []
  return [{ role: 'system', content: typeof system === 'string' ? system : blocksOf(system) }]
}

function readTurns(turns: unknown): ChatMessage[] {
  if (!Array.isArray(turns) || turns.length === 0) throw invalid('messages: at least one message is required')
  if (turns[0]?.role !== 'user') throw invalid('messages: first message must use the "user" role')
  return turns.flatMap(({ role, content }) => {
    if (role !== 'user' && role !== 'assistant') throw invalid(`messages: unexpected role "${role}"`)
    const blocks = blocksOf(content)
    const results = blocks.filter(({ type }) => type === 'tool_result')
    const rest = blocks.filter(({ type }) => type !== 'tool_result' && type !== 'tool_use')
    const calls = blocks.filter(({ type }) => type === 'tool_use')
    return [
      ...results.map(({ tool_use_id, content: answer = '' }) => {
        checkId(tool_use_id)
        return { role: 'tool', content: answer }
      }),
      ...(rest.length > 0 || calls.length > 0 ? [{ role, content: rest, ...callsOf(calls) }] : []),
    ]
  })
}

function callsOf(calls: Record<string, unknown>[]) {
  for (const { id } of calls) checkId(id)
  return calls.length > 0 ? { tool_calls: calls.map(({ name, input }) => ({ name, input })) } : {}
}

function blocksOf(content: unknown): Record<string, unknown>[] {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  if (!Array.isArray(blocks) || blocks.length === 0 || !blocks.every(isObject)) {
    throw invalid('messages: content must be a text or a list of blocks, and not empty')
  }
  for (const { type, text } of blocks) {
    if (type === 'text' && String(text).trim() === '') {
      throw invalid('messages: text content blocks must contain non-whitespace text')
    }
  }
  return blocks
}

function readTools(tools: unknown): ChatTool[] | undefined {
  if (tools === undefined) return undefined
  if (!Array.isArray(tools)) throw invalid('tools: Input should be a valid list')
  return tools.map(({ name, input_schema, ...rest }) => {
    if (!isObject(input_schema) || input_schema.type !== 'object') {
      throw invalid('tools: input_schema.type must be object')
    }
    return { type: 'function', function: { name, parameters: input_schema, ...rest } }
  })
}

function choiceOf(choice: unknown): unknown {
  const { type, name } = isObject(choice) ? choice : {}
  if (type === 'tool') return { function: { name } }
  return type === 'none' ? 'none' : undefined
}

function formatOf(config: unknown): ChatRequest['responseFormat'] {
  const format = isObject(config) && isObject(config.format) ? config.format : undefined
  return format && { type: 'json_schema', json_schema: { schema: format.schema } }
}

function checkId(id: unknown): void {
  if (!ID.test(String(id))) throw invalid(`tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
}

function invalid(message: string): ApiError {
  return new ApiError(400, message)
}
