import type { ListConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Conversations } from '../store/conversations.ts'

/** `conversations.list`: newest first, by any of its filters. */
export function listConversations(conversations: Conversations): Handler<typeof ListConversationsCall> {
  return filter => conversations.list(filter)
}
