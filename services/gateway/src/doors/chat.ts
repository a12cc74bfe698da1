import { errorBody } from '@lectern/shared/errors.ts'
import { ChatBody } from '../chat.ts'
import { DONE_EVENT, eventOf } from '../upstream/sse.ts'
import type { Door, DoorStream } from './door.ts'

/** `POST /v1/chat/completions`: what comes from a provider goes to the client byte for byte. */
export const chatDoor: Door = {
  endpoint: '/v1/chat/completions',
  summary: 'A chat completion, streamed or not',
  body: ChatBody,
  operation: 'chat',
  toChat: body => body as ChatBody,
  whole: completion => completion,
  stream: () => PASSING,
  errorBody,
}

const PASSING: DoorStream = {
  push: frames => frames,
  end: () => DONE_EVENT,
  fail: error => eventOf(errorBody(error)),
}
