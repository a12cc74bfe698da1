import type { GetThreadCall } from '@lectern/shared/contracts/conversations.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { FindThread } from '../store/threads.ts'

/** `conversations.thread`: the chat that a conversation is a part of. */
export function getThread(findThread: FindThread): Handler<typeof GetThreadCall> {
  return async ({ id }) => {
    const thread = await findThread(id)
    if (!thread) throw new LecternError('not_found', { message: 'There is no such conversation.' })
    return thread
  }
}
