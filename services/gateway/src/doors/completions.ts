import { errorBody, LecternError } from '@lectern/shared/errors.ts'
import { type Static, Type } from 'typebox'
import { ChatBody, wantsUsage } from '../chat.ts'
import { DONE_EVENT, eventOf } from '../upstream/sse.ts'
import { ChatChunks, type ChoiceDelta } from './chat-chunks.ts'
import type { Door, DoorStream, Opening } from './door.ts'
import { invalid } from './invalid.ts'
import { openAiUsage } from './openai-usage.ts'

const { messages: _, ...chatFields } = ChatBody.properties
const CompletionBody = Type.Object({ ...chatFields, prompt: Type.Unknown() })
type CompletionBody = Static<typeof CompletionBody> & Record<string, unknown>

/** What a chat model cannot do with a text: go on to a given end, repeat it, choose the best, tell its chances. */
const IMPOSSIBLE = ['suffix', 'echo', 'best_of', 'logprobs'] as const

/** `POST /v1/completions`, OpenAI's older API: the prompt becomes one message of the user. */
export const completionsDoor: Door = {
  endpoint: '/v1/completions',
  summary: 'A text completion, streamed or not: the prompt is one message to a chat model',
  body: CompletionBody,
  operation: 'chat',
  toChat,
  whole(completion, opening, usage) {
    const choices = new ChatChunks().readWhole(completion).map(toChoice)
    return { ...envelopeOf(opening), choices, usage: openAiUsage(usage) }
  },
  stream,
  errorBody,
}

function toChat(body: unknown): ChatBody {
  const { prompt, ...rest } = body as CompletionBody
  for (const field of IMPOSSIBLE) {
    const value = rest[field] ?? null
    // The values that ask for nothing.
    const isUnused = value === null || value === false || (field === 'best_of' && value === (rest.n ?? 1))
    if (!isUnused) throw invalid(field, 'is not possible here: models answer as a chat. Leave it out')
    delete rest[field]
  }
  return { ...rest, messages: [{ role: 'user', content: promptOf(prompt) }] }
}

function promptOf(prompt: unknown): string {
  if (typeof prompt === 'string') return prompt
  if (Array.isArray(prompt) && prompt.length === 1 && typeof prompt[0] === 'string') return prompt[0]
  throw invalid(
    'prompt',
    'must be one text. Send a request for each prompt, and words instead of token numbers',
  )
}

function stream(opening: Opening): DoorStream {
  const envelope = envelopeOf(opening)
  const chunks = new ChatChunks()
  const asksUsage = wantsUsage(opening.body)
  // Who asked for usage sees the field in every chunk, empty until the last.
  const noUsage = asksUsage ? { usage: null } : {}
  const write = (deltas: ChoiceDelta[]) =>
    deltas
      .map(toChoice)
      .filter(({ text, finish_reason }) => text !== '' || finish_reason !== null)
      .map(choice => eventOf({ ...envelope, choices: [choice], ...noUsage }))
      .join('')
  const fail = (error: LecternError) => eventOf(errorBody(error))
  return {
    push: frames => write(chunks.push(frames)),
    end(usage) {
      const rest = write(chunks.end())
      if (chunks.isBroken) return rest + fail(new LecternError('provider_error'))
      return `${rest}${asksUsage ? eventOf({ ...envelope, choices: [], usage: openAiUsage(usage) }) : ''}${DONE_EVENT}`
    },
    fail,
  }
}

function toChoice({ choice, text, refusal, finishReason }: ChoiceDelta) {
  return { text: text || refusal, index: choice, logprobs: null, finish_reason: finishReason }
}

function envelopeOf({ id, body }: Opening) {
  return {
    id: `cmpl-${id}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: body.model,
  }
}
