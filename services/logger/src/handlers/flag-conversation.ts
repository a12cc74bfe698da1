import type { FlagConversationCall } from '@lectern/shared/contracts/conversations.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Flags } from '../store/flags.ts'

/** `conversations.flag`: marks a conversation, or takes the mark away. */
export function flagConversation(flags: Flags): Handler<typeof FlagConversationCall> {
  return async ({ id, flagged, actor }) => {
    const exists = flagged ? await flags.set(id, actor) : await flags.clear(id)
    if (!exists) throw new LecternError('not_found', { message: 'There is no such conversation.' })
    return { id, flagged }
  }
}
