import * as conversation from '@lectern/shared/contracts/conversations.ts'
import type { Responder } from '@lectern/shared/nats/responder.ts'
import { flagConversation } from './handlers/flag-conversation.ts'
import { getConversation } from './handlers/get-conversation.ts'
import { listConversations } from './handlers/list-conversations.ts'
import { addNote, listNotes, removeNote } from './handlers/notes.ts'
import { searchConversations } from './handlers/search-conversations.ts'
import type { Conversations } from './store/conversations.ts'
import type { Flags } from './store/flags.ts'
import type { Notes } from './store/notes.ts'

/** What the handlers share. */
export interface Parts {
  conversations: Conversations
  flags: Flags
  notes: Notes
}

/** What the console asks. */
export function answerConsole(responder: Responder, { conversations, flags, notes }: Parts): void {
  responder.on(conversation.ListConversationsCall, listConversations(conversations))
  responder.on(conversation.SearchConversationsCall, searchConversations(conversations))
  responder.on(conversation.GetConversationCall, getConversation(conversations))
  responder.on(conversation.FlagConversationCall, flagConversation(flags))
  responder.on(conversation.AddNoteCall, addNote(notes))
  responder.on(conversation.ListNotesCall, listNotes(notes))
  responder.on(conversation.RemoveNoteCall, removeNote(notes))
}
