import { ModelName, Nullable } from '@lectern/shared/contracts/fields.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { type Static, Type } from 'typebox'
import { type ChatBody, TokenIds } from '../chat.ts'
import { chatDoor } from './chat.ts'
import type { Door } from './door.ts'

/** What OpenAI takes in one request. */
const MOST_INPUTS = 2048

/**
 * OpenAI's request for embeddings. Its fields only: a server may take `messages` beside `input` (vLLM does), which nobody
 * would have counted.
 */
export const EmbeddingsBody = Type.Object(
  {
    model: ModelName,
    input: Type.Union([Type.String(), Type.Array(Type.Unknown())], {
      description: 'a text, a list of texts, the token ids of a text, or a list of such lists',
    }),
    encoding_format: Type.Optional(Nullable(Type.Enum(['float', 'base64']))),
    dimensions: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 65_536 }))),
    user: Type.Optional(Nullable(Type.String({ maxLength: 1000 }))),
  },
  { additionalProperties: false },
)
export type EmbeddingsBody = Static<typeof EmbeddingsBody>

/** `POST /v1/embeddings`: each input is a message of the user, and the answer goes to the client byte for byte. */
export const embeddingsDoor: Door = {
  ...chatDoor,
  endpoint: '/v1/embeddings',
  summary: 'The embeddings of texts',
  body: EmbeddingsBody,
  operation: 'embeddings',
  toChat,
}

function toChat(body: unknown): ChatBody {
  const { input, model, ...parameters } = body as EmbeddingsBody
  const messages = inputsOf(input).map(content => ({ role: 'user', content }))
  // Nothing is written, so that the prompt is all that is held and charged.
  return { ...parameters, model, messages, max_tokens: 0 }
}

/** Each input as the content of a message. Throws where the list is not of one of the three kinds. */
function inputsOf(input: EmbeddingsBody['input']): (string | TokenIds[])[] {
  const inputs = typeof input === 'string' ? [input] : isTokenIds(input) ? [input] : input
  if (inputs.length === 0) throw invalid('input is empty: give at least one text.')
  if (inputs.length > MOST_INPUTS) {
    throw invalid(
      `input has ${inputs.length} texts. At most ${MOST_INPUTS} go into one request: send several.`,
    )
  }
  return inputs.map((text, index) => {
    if (typeof text === 'string' && text !== '') return text
    if (isTokenIds(text)) return [new TokenIds(text)]
    const name = typeof input === 'string' ? 'input' : `input[${index}]`
    throw invalid(`${name} must be a text that is not empty, or a list of token ids.`, name)
  })
}

function isTokenIds(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(id => Number.isInteger(id) && id >= 0)
}

function invalid(message: string, param = 'input'): LecternError {
  return new LecternError('invalid_request', { message, param })
}
