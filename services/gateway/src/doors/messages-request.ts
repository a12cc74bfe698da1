import { ModelName, Nullable } from '@lectern/shared/contracts/fields.ts'
import { type Static, Type } from 'typebox'
import type { ChatBody, ChatMessage } from '../chat.ts'
import { invalid, objectAt, textAt } from './invalid.ts'
import { chatMessagesOf, textOfBlocks } from './messages-content.ts'

const {
  Array: List,
  Boolean: Flag,
  Integer,
  Number: Num,
  Object: Fields,
  Optional,
  String: Text,
  Unknown,
} = Type

/** What a prompt is made of, and so what can be counted. */
const promptFields = {
  model: ModelName,
  messages: List(Fields({ role: Type.Enum(['user', 'assistant', 'system']), content: Unknown() }), {
    minItems: 1,
    maxItems: 10_000,
  }),
  system: Optional(Unknown()),
  tools: Optional(Nullable(List(Fields({ name: Optional(Text()), type: Optional(Nullable(Text())) })))),
  tool_choice: Optional(Nullable(Fields({ type: Text() }))),
  output_config: Optional(Nullable(Fields({}))),
  output_format: Optional(Nullable(Fields({}))),
}
export const CountTokensBody = Fields(promptFields)
export type CountTokensBody = Static<typeof CountTokensBody> & Record<string, unknown>

export const MessagesBody = Fields({
  ...promptFields,
  max_tokens: Integer({ minimum: 1, maximum: 1_000_000_000 }),
  stream: Optional(Nullable(Flag())),
  stop_sequences: Optional(Nullable(List(Text()))),
  temperature: Optional(Nullable(Num())),
  top_p: Optional(Nullable(Num())),
})
export type MessagesBody = Static<typeof MessagesBody> & Record<string, unknown>

/** What happens on Anthropic's own servers, of which there need not be any behind this door. */
const IMPOSSIBLE = ['container', 'mcp_servers'] as const
/** The only name that the schema of an answer has here; OpenAI's form demands one. */
const FORMAT_NAME = 'answer'

/**
 * A request of Anthropic's Messages API as a chat request. Left out is what means nothing to other models: `thinking`,
 * `top_k`, `metadata`, `cache_control`, `context_management`. Throws `invalid_request` for what would be missed.
 */
export function messagesToChat(body: MessagesBody): ChatBody {
  const { stream, temperature, top_p, stop_sequences: stop } = body
  for (const field of IMPOSSIBLE) {
    const value = body[field] ?? null
    const isUnused = value === null || (Array.isArray(value) && value.length === 0)
    if (!isUnused) {
      throw invalid(field, 'is not possible here: it runs on Anthropic’s own servers. Leave it out')
    }
  }
  return {
    ...promptToChat(body),
    max_tokens: body.max_tokens,
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof top_p === 'number' ? { top_p } : {}),
    ...(stop && stop.length > 0 ? { stop } : {}),
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
  }
}

/** The prompt alone, as `count_tokens` has it. */
export function promptToChat(body: CountTokensBody): ChatBody {
  const messages: ChatMessage[] = body.messages.flatMap(({ role, content }, index) =>
    chatMessagesOf(role, content, `messages[${index}].content`),
  )
  if (messages.length === 0) throw invalid('messages', 'say nothing')
  const system = systemOf(body.system)
  return {
    model: body.model,
    messages: system === '' ? messages : [{ role: 'system', content: system }, ...messages],
    ...toolsOf(body),
    ...formatOf(body),
  }
}

function systemOf(system: unknown): string {
  return system === undefined || system === null ? '' : textOfBlocks(system, 'system', '\n\n')
}

function toolsOf({ tools, tool_choice }: CountTokensBody): Record<string, unknown> {
  if (!tools || tools.length === 0) return {}
  return {
    tools: tools.map((tool, index) => toolOf(tool, `tools[${index}]`)),
    ...(tool_choice ? choiceOf(tool_choice) : {}),
  }
}

function toolOf(tool: Record<string, unknown>, param: string) {
  const { type = 'custom', name, description, input_schema: parameters, strict } = tool
  if (type !== null && type !== 'custom') {
    throw invalid(
      param,
      `is a built-in tool of Anthropic (${type}), which other models do not have. Describe a tool of your own with name and input_schema`,
    )
  }
  return {
    type: 'function',
    function: {
      name: textAt(name, `${param}.name`),
      ...(typeof description === 'string' ? { description } : {}),
      parameters: objectAt(parameters, `${param}.input_schema`),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  }
}

function choiceOf(choice: Record<string, unknown>): Record<string, unknown> {
  const parallel = choice.disable_parallel_tool_use === true ? { parallel_tool_calls: false } : {}
  switch (choice.type) {
    case 'auto':
      return { tool_choice: 'auto', ...parallel }
    case 'any':
      return { tool_choice: 'required', ...parallel }
    case 'none':
      return { tool_choice: 'none' }
    case 'tool': {
      const name = textAt(choice.name, 'tool_choice.name')
      return { tool_choice: { type: 'function', function: { name } }, ...parallel }
    }
    default:
      throw invalid('tool_choice.type', 'must be auto, any, tool or none')
  }
}

/** The newer `output_config.format`, and `output_format` of the beta before it. */
function formatOf({ output_config, output_format }: CountTokensBody): Record<string, unknown> {
  const format = (output_config as { format?: unknown } | null | undefined)?.format ?? output_format ?? null
  if (format === null) return {}
  const { type, schema } = objectAt(format, 'output_config.format')
  if (type !== 'json_schema') throw invalid('output_config.format.type', 'must be json_schema')
  objectAt(schema, 'output_config.format.schema')
  return { response_format: { type, json_schema: { name: FORMAT_NAME, schema, strict: true } } }
}
