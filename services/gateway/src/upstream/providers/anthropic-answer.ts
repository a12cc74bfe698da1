import { UpstreamFailure } from '../failure.ts'
import type { WholeAnswer } from '../provider.ts'
import { readUsage } from '../usage.ts'
import { garbled, parseObject } from './openai-answer.ts'

/** An answer of Anthropic's in one piece, and what its words mean in OpenAI's. */

/** What Anthropic counts: what was read from its cache and what was written there stand apart from the rest of the prompt. */
export interface AnthropicUsage {
  input_tokens?: unknown
  cache_creation_input_tokens?: unknown
  cache_read_input_tokens?: unknown
  output_tokens?: unknown
  output_tokens_details?: { thinking_tokens?: unknown } | null
}

interface Block {
  type?: unknown
  text?: unknown
  thinking?: unknown
  id?: unknown
  name?: unknown
  input?: unknown
}

const FINISH_REASONS: Record<string, string> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** OpenAI's name for how an answer ended; `stop` for the reasons of tools that Anthropic runs itself: we offer none. */
export function finishReasonOf(stopReason: unknown): string {
  return FINISH_REASONS[String(stopReason)] ?? 'stop'
}

/** The usage in OpenAI's form; null where the counts of prompt and answer are missing. */
export function usageOf({ output_tokens: output, ...reported }: AnthropicUsage) {
  const { cache_creation_input_tokens: written, cache_read_input_tokens: read } = reported
  const input = [reported.input_tokens, written ?? 0, read ?? 0]
  if (![...input, output].every(Number.isSafeInteger)) return null
  const prompt = (input as number[]).reduce((sum, tokens) => sum + tokens, 0)
  const reasoning = reported.output_tokens_details?.thinking_tokens
  return {
    prompt_tokens: prompt,
    completion_tokens: output as number,
    total_tokens: prompt + (output as number),
    prompt_tokens_details: { cached_tokens: (read ?? 0) as number },
    ...(Number.isSafeInteger(reasoning)
      ? { completion_tokens_details: { reasoning_tokens: reasoning } }
      : {}),
  }
}

/** Reads a whole answer; an error inside a 200 is a failure. */
export function readMessage(bytes: Buffer, nowMs: number): WholeAnswer {
  const message = parseObject(bytes.toString())
  if (!message) throw new UpstreamFailure('garbled', 'the answer is not a JSON object')
  if (message.error) throw garbled(message.error)
  if (!Array.isArray(message.content)) throw new UpstreamFailure('garbled', 'the answer has no content')
  const blocks = message.content.filter(
    (block): block is Block => typeof block === 'object' && block !== null,
  )
  const text = joined(blocks, 'text')
  const reasoning = joined(blocks, 'thinking')
  const toolCalls = blocks.filter(({ type }) => type === 'tool_use').map(toToolCall)
  const finishReason = finishReasonOf(message.stop_reason)
  const usage = usageOf((message.usage ?? {}) as AnthropicUsage)
  const completion = {
    id: message.id,
    object: 'chat.completion',
    created: Math.floor(nowMs / 1000),
    model: message.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && toolCalls.length > 0 ? null : text,
          refusal: null,
          ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
          ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
        },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    ...(usage ? { usage } : {}),
  }
  const answers = [{ text, toolCalls, finishReason }]
  return { bytes: Buffer.from(JSON.stringify(completion)), usage: readUsage(usage), answers }
}

function joined(blocks: Block[], type: 'text' | 'thinking'): string {
  return blocks
    .map(block => (block.type === type && typeof block[type] === 'string' ? block[type] : ''))
    .join('')
}

function toToolCall({ id, name, input }: Block) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input ?? {}) } }
}
