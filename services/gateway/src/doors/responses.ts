import { errorBody } from '@lectern/shared/errors.ts'
import type { Door } from './door.ts'
import { responseOf } from './responses-answer.ts'
import { ResponsesBody, responsesToChat } from './responses-request.ts'
import { responseStream } from './responses-stream.ts'

/** `POST /v1/responses`: OpenAI's Responses API over chat. No response is kept, so every request brings its whole input. */
export const responsesDoor: Door = {
  endpoint: '/v1/responses',
  summary: 'A response as OpenAI’s newer API has it, streamed or not; nothing is stored',
  body: ResponsesBody,
  operation: 'chat',
  toChat: body => responsesToChat(body as ResponsesBody),
  whole: responseOf,
  stream: responseStream,
  errorBody,
}
