import type { SearchConversationsCall } from '@lectern/shared/contracts/conversations.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Conversations } from '../store/conversations.ts'

/** `conversations.search`: the list, of those whose question or answer contains a text. */
export function searchConversations(conversations: Conversations): Handler<typeof SearchConversationsCall> {
  return ({ q, ...filter }) => conversations.search(q, filter)
}
