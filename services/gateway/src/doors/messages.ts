import type { Door } from './door.ts'
import { messageOf } from './messages-answer.ts'
import { MESSAGES_DIALECT } from './messages-dialect.ts'
import { MessagesBody, messagesToChat } from './messages-request.ts'
import { messageStream } from './messages-stream.ts'

/** `POST /v1/messages`: Anthropic's Messages API, for its clients and the programs made for them. */
export const messagesDoor: Door = {
  endpoint: '/v1/messages',
  summary: 'A message as Anthropic’s clients expect it, streamed or not',
  body: MessagesBody,
  operation: 'chat',
  toChat: body => messagesToChat(body as MessagesBody),
  whole: messageOf,
  stream: messageStream,
  ...MESSAGES_DIALECT,
}
