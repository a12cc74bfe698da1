import { ModelName } from '@lectern/shared/contracts/fields.ts'
import { Type } from 'typebox'
import { closedObject } from './schemas.ts'

/** A chat on a page, to try it, not a client: long texts and pictures are for the gateway itself. */

export const CHAT_BODY_LIMIT_BYTES = 512 * 1024

const Message = closedObject({
  role: Type.Enum(['user', 'assistant']),
  content: Type.String({ minLength: 1, maxLength: 100_000 }),
})

/** The fields of a request. */
export const CHAT = {
  model: ModelName,
  messages: Type.Array(Message, { minItems: 1, maxItems: 200 }),
}

/** The answer, as the document of the API has it. */
export const CHAT_STREAM = {
  description: 'Server-sent events, as of /v1/chat/completions.',
  content: { 'text/event-stream': { schema: Type.String() } },
}
