import type { ExportConversationsCall, PseudonymsCall } from '@lectern/shared/contracts/conversations.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Conversations } from '../store/conversations.ts'
import type { Pseudonyms } from '../store/pseudonyms.ts'

/** `conversations.export`: a page of whole conversations. */
export function exportConversations(conversations: Conversations): Handler<typeof ExportConversationsCall> {
  return async ({ q, ...filter }) => {
    const page = await (q === undefined ? conversations.list(filter) : conversations.search(q, filter))
    return conversations.whole(page)
  }
}

/** `conversations.pseudonyms`: what stands for students outside. */
export function pseudonyms(pseudonymsOf: Pseudonyms): Handler<typeof PseudonymsCall> {
  return async ({ courseId, studentIds }) => ({ pseudonyms: await pseudonymsOf(courseId, studentIds) })
}
