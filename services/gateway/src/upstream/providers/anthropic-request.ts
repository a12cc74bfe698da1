import { LecternError } from '@lectern/shared/errors.ts'
import type { ChatBody } from '../../chat.ts'
import type { ModelCall } from '../provider.ts'
import { writeMessages } from './anthropic-messages.ts'

/**
 * A chat request as Anthropic's Messages API takes it. What changes the shape of the answer and has no counterpart is refused
 * in words that say what to do; what is a wish about sampling or service (`seed`, the penalties, `logit_bias`, `verbosity`,
 * `store`, `service_tier`, `prediction`) is left out, as Anthropic's own compatible endpoint does.
 */

/** Models before Claude Opus 4.7 take `temperature` and `top_p`; later ones answer 400 to any value but the default. */
const TAKES_SAMPLING = /claude-(3|(opus|sonnet|haiku)-4(-[0156])?(-\d{8}|-latest)?$)/
/** Models before Claude Opus 4.6 know neither `effort` nor adaptive thinking. */
const HAS_NO_EFFORT = /claude-(3|(opus|sonnet|haiku)-4(-[015])?(-\d{8}|-latest)?$)/
/** Of OpenAI's levels those that Anthropic has no name for. */
const EFFORTS: Record<string, string> = { none: 'low', minimal: 'low' }
const KNOWN_EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max']

/** Fields that ask for something that no Claude model gives, and what to do instead. */
const REFUSED: Record<string, string> = {
  logprobs: 'Claude models report no log probabilities: leave logprobs out.',
  top_logprobs: 'Claude models report no log probabilities: leave top_logprobs out.',
  audio: 'Claude models answer in text only: leave audio out.',
  functions: 'Claude models take functions as tools: use tools instead of functions.',
  function_call: 'Claude models take functions as tools: use tool_choice instead of function_call.',
  web_search_options: 'Web search is not offered with this model: leave web_search_options out.',
}

type WrittenCall = Pick<ModelCall, 'body' | 'system' | 'maxOutputTokens' | 'user'>

/** The body of a Messages request. Throws `invalid_request` for what cannot be said in it. */
export function writeMessagesBody({ body, system, maxOutputTokens, user }: WrittenCall, model: string) {
  refuseUnknown(body)
  const written = writeMessages(body.messages, system)
  const tools = toolsOf(body)
  const choice = tools && choiceOf(body)
  const isForced = choice?.type === 'any' || choice?.type === 'tool'
  const effort = HAS_NO_EFFORT.test(model) ? null : effortOf(body)
  const format = formatOf(body)
  const output = { ...(effort === null ? {} : { effort }), ...(format ? { format } : {}) }
  // Claude refuses to think before a call that it is forced to make.
  const thinks = effort !== null && !isForced
  return {
    model,
    max_tokens: maxOutputTokens,
    ...written,
    ...(tools ? { tools } : {}),
    ...(choice ? { tool_choice: choice } : {}),
    ...(Object.keys(output).length > 0 ? { output_config: output } : {}),
    ...(thinks ? { thinking: { type: 'adaptive', display: 'summarized' } } : {}),
    // A model that thinks refuses every temperature but its own.
    ...(TAKES_SAMPLING.test(model) && !thinks ? samplingOf(body) : {}),
    ...stopOf(body),
    ...(body.stream === true ? { stream: true } : {}),
    metadata: { user_id: user },
  }
}

function refuseUnknown(body: ChatBody): void {
  for (const [field, message] of Object.entries(REFUSED)) {
    const value = body[field]
    if (value !== undefined && value !== null && value !== false && value !== 0) throw invalid(message, field)
  }
  if ((body.n ?? 1) > 1) throw invalid('Claude models give one answer: leave n out, or ask again.', 'n')
  const { modalities } = body
  if (Array.isArray(modalities) && modalities.some(modality => modality !== 'text')) {
    throw invalid('Claude models answer in text only: leave modalities out.', 'modalities')
  }
}

function toolsOf({ tools }: ChatBody) {
  if (!Array.isArray(tools) || tools.length === 0) return null
  return tools.map((tool: { type?: unknown; function?: Record<string, unknown> } | null) => {
    const { name, description, parameters, strict } = tool?.function ?? {}
    if (tool?.type !== 'function' || typeof name !== 'string') {
      throw invalid('Claude models take tools of the type function only, each with a name.', 'tools')
    }
    return {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      input_schema: { type: 'object', ...(parameters as object | null | undefined) },
      ...(strict === true ? { strict } : {}),
    }
  })
}

function choiceOf({ tool_choice: given, parallel_tool_calls: parallel }: ChatBody) {
  const single = parallel === false ? { disable_parallel_tool_use: true } : {}
  if (given === undefined || given === null) return parallel === false ? { type: 'auto', ...single } : null
  if (given === 'none') return { type: 'none' }
  if (given === 'auto') return { type: 'auto', ...single }
  if (given === 'required') return { type: 'any', ...single }
  const name = (given as { function?: { name?: unknown } }).function?.name
  if (typeof name === 'string') return { type: 'tool', name, ...single }
  throw invalid('tool_choice must be none, auto, required, or name one function of tools.', 'tool_choice')
}

function formatOf({ response_format: given }: ChatBody) {
  const { type, json_schema } = (given ?? {}) as { type?: unknown; json_schema?: { schema?: unknown } }
  if (type === undefined || type === 'text') return null
  const schema = json_schema?.schema
  if (type === 'json_schema' && typeof schema === 'object' && schema !== null) {
    return { type: 'json_schema', schema }
  }
  throw invalid(
    'Claude models take response_format of the type json_schema, with a schema: describe the object that you want.',
    'response_format',
  )
}

function effortOf({ reasoning_effort: given }: ChatBody): string | null {
  if (given === undefined || given === null) return null
  const effort = EFFORTS[String(given)] ?? String(given)
  if (KNOWN_EFFORTS.includes(effort)) return effort
  throw invalid(`reasoning_effort must be one of ${KNOWN_EFFORTS.join(', ')}.`, 'reasoning_effort')
}

/** OpenAI's temperature goes to 2, Anthropic's to 1; where both are given the temperature counts: it refuses two. */
function samplingOf({ temperature, top_p }: ChatBody) {
  if (typeof temperature === 'number') return { temperature: Math.min(Math.max(temperature, 0), 1) }
  return typeof top_p === 'number' ? { top_p } : {}
}

function stopOf({ stop }: ChatBody) {
  if (stop === undefined || stop === null) return {}
  const sequences: unknown[] = Array.isArray(stop) ? stop : [stop]
  if (sequences.every(sequence => typeof sequence === 'string' && sequence.trim() !== '')) {
    return sequences.length > 0 ? { stop_sequences: sequences } : {}
  }
  throw invalid('Claude models take only stop texts that are more than white space.', 'stop')
}

function invalid(message: string, param: string): LecternError {
  return new LecternError('invalid_request', { message, param })
}
