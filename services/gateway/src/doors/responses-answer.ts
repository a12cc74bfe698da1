import type { Usage } from '@lectern/shared/contracts/records.ts'
import type { LecternError } from '@lectern/shared/errors.ts'
import { ChatChunks } from './chat-chunks.ts'
import type { Opening } from './door.ts'
import type { ResponsesBody } from './responses-request.ts'

/** What the Responses API says of an answer, streamed or not. */

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'
export type Part = ReturnType<typeof textPart> | ReturnType<typeof refusalPart>
export type Item = ReturnType<typeof messageItem> | ReturnType<typeof callItem>

/** The end of a response, or its beginning, where nothing has ended yet. */
export interface ResponseState {
  output: readonly Item[]
  finishReason: string | null
  /** Null: it has not ended. */
  usage: Usage | null
  reasoningTokens: number
  error: LecternError | null
}

/** An id of a response or of one of its items. */
export function idOf(prefix: 'resp' | 'msg' | 'fc', id: string, index?: number): string {
  return `${prefix}_${id.replaceAll('-', '')}${index === undefined ? '' : String(index).padStart(3, '0')}`
}

export function textPart(text: string) {
  return { type: 'output_text' as const, annotations: [], logprobs: [], text }
}

export function refusalPart(refusal: string) {
  return { type: 'refusal' as const, refusal }
}

export function messageItem(id: string, status: ItemStatus, content: Part[]) {
  return { id, type: 'message' as const, status, role: 'assistant' as const, content }
}

export function callItem(
  id: string,
  status: ItemStatus,
  call: { call_id: string; name: string; arguments: string },
) {
  return { id, type: 'function_call' as const, status, ...call }
}

/** The status of the last item, and of those before it. */
export function statusOf(finishReason: string | null): Exclude<ItemStatus, 'in_progress'> {
  return finishReason === 'length' || finishReason === 'content_filter' ? 'incomplete' : 'completed'
}

/** A chat completion as one response. */
export function responseOf(completion: Buffer, opening: Opening, usage: Usage) {
  const chunks = new ChatChunks()
  const [said] = chunks.readWhole(completion)
  const { text = '', refusal = '', calls = [], finishReason = null } = said ?? {}
  const status = statusOf(finishReason)
  const output: Item[] = []
  if (text || refusal) {
    const parts = [...(text ? [textPart(text)] : []), ...(refusal ? [refusalPart(refusal)] : [])]
    output.push(messageItem(idOf('msg', opening.id, 0), status, parts))
  }
  for (const { id: call_id, name, arguments: given } of calls) {
    const id = idOf('fc', opening.id, output.length)
    output.push(callItem(id, status, { call_id, name, arguments: given }))
  }
  const { reasoningTokens } = chunks
  const nowS = Math.floor(Date.now() / 1000)
  return responseBody(opening, nowS, { output, finishReason, usage, reasoningTokens, error: null })
}

/** The response object. `createdS` is an epoch second. */
export function responseBody(opening: Opening, createdS: number, state: ResponseState) {
  const { output, finishReason, usage, error } = state
  const status = error ? 'failed' : usage === null ? 'in_progress' : statusOf(finishReason)
  const reason = finishReason === 'length' ? 'max_output_tokens' : 'content_filter'
  return {
    id: idOf('resp', opening.id),
    object: 'response',
    created_at: createdS,
    status,
    background: false,
    error: error ? { code: error.code, message: error.message } : null,
    incomplete_details: status === 'incomplete' ? { reason } : null,
    ...askedFor(opening.original as ResponsesBody),
    model: opening.body.model,
    output,
    usage: usage === null || error ? null : usageOf(usage, state.reasoningTokens),
  }
}

/** What a response repeats of its request. */
function askedFor(body: ResponsesBody) {
  const { effort = null } = body.reasoning ?? {}
  return {
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort, summary: null },
    store: false,
    temperature: body.temperature ?? null,
    text: { ...body.text, format: body.text?.format ?? { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? null,
    truncation: 'disabled',
  }
}

function usageOf({ inputTokens, outputTokens, cachedTokens }: Usage, reasoningTokens: number) {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  }
}
