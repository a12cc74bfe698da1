import { ModelName, Nullable } from '@lectern/shared/contracts/fields.ts'
import { type Static, type TSchema, Type } from 'typebox'
import type { ChatBody } from '../chat.ts'
import { invalid, objectAt, textAt } from './invalid.ts'
import { chatMessagesOfInput } from './responses-input.ts'

const orNull = <T extends TSchema>(schema: T) => Type.Optional(Nullable(schema))

export const ResponsesBody = Type.Object({
  model: ModelName,
  input: Type.Unknown(),
  instructions: orNull(Type.String()),
  max_output_tokens: orNull(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
  temperature: orNull(Type.Number()),
  top_p: orNull(Type.Number()),
  stream: orNull(Type.Boolean()),
  parallel_tool_calls: orNull(Type.Boolean()),
  tools: orNull(Type.Array(Type.Object({ type: Type.String() }))),
  tool_choice: Type.Optional(Type.Unknown()),
  text: orNull(
    Type.Object({ format: Type.Optional(Type.Unknown()), verbosity: Type.Optional(Type.Unknown()) }),
  ),
  reasoning: orNull(Type.Object({ effort: Type.Optional(Type.Unknown()) })),
  metadata: orNull(Type.Object({})),
})
export type ResponsesBody = Static<typeof ResponsesBody> & Record<string, unknown>

const NOTHING_KEPT = 'is not possible: no responses are kept here. Send the whole conversation in input'

/** What needs a server that keeps things, or runs them itself. */
const IMPOSSIBLE: Record<string, string> = {
  previous_response_id: NOTHING_KEPT,
  conversation: NOTHING_KEPT,
  prompt: 'is not possible: no prompts are kept here. Send its text in instructions or input',
  background: 'is not possible: no responses are kept here to be fetched later. Leave it out, and stream',
  top_logprobs: 'is not possible here. Leave it out, or use /v1/chat/completions',
}

/**
 * A request of the Responses API as a chat request. Left out is what changes no answer here: `store` (nothing is),
 * `include`, `truncation`, `metadata` and what belongs to OpenAI's caches. Throws `invalid_request` for what would be missed.
 */
export function responsesToChat(body: ResponsesBody): ChatBody {
  for (const [field, problem] of Object.entries(IMPOSSIBLE)) {
    const value = body[field] ?? null
    if (value !== null && value !== false && value !== 0) throw invalid(field, problem)
  }
  const { instructions, max_output_tokens: max_tokens, temperature, top_p, stream } = body
  const messages = chatMessagesOfInput(body.input)
  if (messages.length === 0) throw invalid('input', 'says nothing')
  return {
    model: body.model,
    messages: instructions ? [{ role: 'system', content: instructions }, ...messages] : messages,
    ...(typeof max_tokens === 'number' ? { max_tokens } : {}),
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof top_p === 'number' ? { top_p } : {}),
    ...toolsOf(body),
    ...answerOf(body),
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
  }
}

function toolsOf({ tools, tool_choice, parallel_tool_calls }: ResponsesBody): Record<string, unknown> {
  if (!tools || tools.length === 0) return {}
  return {
    tools: tools.map((tool, index) => toolOf(tool, `tools[${index}]`)),
    ...(tool_choice === undefined || tool_choice === null ? {} : { tool_choice: choiceOf(tool_choice) }),
    ...(typeof parallel_tool_calls === 'boolean' ? { parallel_tool_calls } : {}),
  }
}

function toolOf(tool: Record<string, unknown>, param: string) {
  const { type, name, description, parameters, strict } = tool
  if (type !== 'function') {
    throw invalid(
      param,
      `is the built-in tool ${type}, which only OpenAI runs. Describe a function of your own`,
    )
  }
  return {
    type,
    function: {
      name: textAt(name, `${param}.name`),
      ...(typeof description === 'string' ? { description } : {}),
      ...(parameters ? { parameters: objectAt(parameters, `${param}.parameters`) } : {}),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  }
}

function choiceOf(choice: unknown): unknown {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice
  const { type, name } = objectAt(choice, 'tool_choice')
  if (type !== 'function') {
    throw invalid('tool_choice', 'must be auto, none, required or {"type":"function","name":"…"}')
  }
  return { type, function: { name: textAt(name, 'tool_choice.name') } }
}

/** What the answer shall be like. */
function answerOf({ text, reasoning }: ResponsesBody): Record<string, unknown> {
  const effort = reasoning?.effort ?? null
  const verbosity = text?.verbosity ?? null
  return {
    ...formatOf(text?.format ?? null),
    ...(effort === null ? {} : { reasoning_effort: textAt(effort, 'reasoning.effort') }),
    ...(verbosity === null ? {} : { verbosity: textAt(verbosity, 'text.verbosity') }),
  }
}

function formatOf(format: unknown): Record<string, unknown> {
  if (format === null) return {}
  const { type, name, schema, strict, description } = objectAt(format, 'text.format')
  if (type === 'text') return {}
  if (type === 'json_object') return { response_format: { type } }
  if (type !== 'json_schema') throw invalid('text.format.type', 'must be text, json_object or json_schema')
  const json_schema = {
    name: textAt(name, 'text.format.name'),
    schema: objectAt(schema, 'text.format.schema'),
    ...(typeof strict === 'boolean' ? { strict } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  }
  return { response_format: { type, json_schema } }
}
