import { randomBytes } from 'node:crypto'
import type { Answer } from './answer.ts'
import type { Frames } from './delivery.ts'
import type { Directive } from './directive.ts'
import { errorForStatus } from './errors.ts'
import type { ChatRequest } from './request.ts'
import { countPrompt } from './tokens.ts'

/** Everything about one completion that is decided before its first byte. */
export interface Completion {
  id: string
  created: number
  model: string
  answers: Answer[]
  /** Undefined when the provider was told to report none. */
  usage?: ReturnType<typeof usageOf>
  includeUsage: boolean
}

/** Joins a request and its answers into one completion. */
export function completionOf(request: ChatRequest, answers: Answer[], directive: Directive): Completion {
  const spent = answers.reduce((sum, answer) => sum + answer.tokens.length, 0)
  const reported = directive.usage ?? { prompt: countPrompt(request), completion: spent, cached: 0 }
  return {
    id: `chatcmpl-${randomBytes(12).toString('hex')}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    answers,
    usage: reported === 'none' ? undefined : usageOf(reported),
    includeUsage: request.includeUsage && reported !== 'none',
  }
}

/** The completion in OpenAI's form. */
export function framesOf(completion: Completion): Frames {
  return {
    opening: choice => [{ data: openingFrame(completion, choice) }],
    token: (choice, at) => ({ data: tokenFrame(completion, choice, at) }),
    ending: isMarked => [
      ...completion.answers.map((_, choice) => ({ data: finishFrame(completion, choice) })),
      ...(completion.includeUsage ? [{ data: usageFrame(completion) }] : []),
      ...(isMarked ? [{ data: '[DONE]' }] : []),
    ],
    error: () => ({ data: JSON.stringify(errorForStatus(500).body()) }),
    body: () => completionBody(completion),
    errorBody: () => errorForStatus(500).body(),
  }
}

/** The body of an answer that is not streamed. */
function completionBody(completion: Completion) {
  const choices = completion.answers.map((answer, index) => {
    return { index, message: messageOf(answer), logprobs: null, finish_reason: answer.finish }
  })
  return { ...envelope(completion, 'chat.completion'), choices, usage: completion.usage }
}

/** The frame that opens a choice: its role, as yet without text. */
function openingFrame(completion: Completion, index: number): string {
  const content = completion.answers[index]?.tool ? null : ''
  return choiceFrame(completion, index, { role: 'assistant', content, refusal: null })
}

/** The frame of one token of a choice. */
function tokenFrame(completion: Completion, index: number, at: number): string {
  const answer = completion.answers[index]
  const token = answer?.tokens[at] ?? ''
  if (!answer?.tool) return choiceFrame(completion, index, { content: token })
  const { id, name } = answer.tool
  const opens = { index: 0, id, type: 'function', function: { name, arguments: '' } }
  const goesOn = { index: 0, function: { arguments: token } }
  return choiceFrame(completion, index, { tool_calls: [at === 0 ? opens : goesOn] })
}

/** The frame that ends a choice. */
function finishFrame(completion: Completion, index: number): string {
  return choiceFrame(completion, index, {}, completion.answers[index]?.finish)
}

/** The frame after all choices that carries the usage. */
function usageFrame(completion: Completion): string {
  const { usage } = completion
  return JSON.stringify({ ...envelope(completion, 'chat.completion.chunk'), choices: [], usage })
}

function choiceFrame(completion: Completion, index: number, delta: object, finish?: string): string {
  return JSON.stringify({
    ...envelope(completion, 'chat.completion.chunk'),
    choices: [{ index, delta, logprobs: null, finish_reason: finish ?? null }],
    // OpenAI's way: who asked for usage sees the field in every frame, empty until the last.
    ...(completion.includeUsage ? { usage: null } : {}),
  })
}

function envelope({ id, created, model }: Completion, object: string) {
  return { id, object, created, model, service_tier: 'default', system_fingerprint: 'fp_demo' }
}

function messageOf({ tokens, tool }: Answer) {
  const message = {
    role: 'assistant',
    content: tool ? null : tokens.join(''),
    refusal: null,
    annotations: [],
  }
  if (!tool) return message
  const call = { name: tool.name, arguments: tokens.slice(1).join('') }
  return { ...message, tool_calls: [{ id: tool.id, type: 'function', function: call }] }
}

function usageOf({ prompt, completion, cached }: { prompt: number; completion: number; cached: number }) {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
