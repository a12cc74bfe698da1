import * as conversation from '@lectern/shared/contracts/conversations.ts'
import { QuestionsUseCall, WeeksUseCall, WeekUseCall } from '@lectern/shared/contracts/use.ts'
import type { Responder } from '@lectern/shared/nats/responder.ts'
import { eraseStudent, listErasures } from './handlers/erasures.ts'
import { exportConversations, pseudonyms } from './handlers/export-conversations.ts'
import { flagConversation } from './handlers/flag-conversation.ts'
import { getConversation, getConversationCourse } from './handlers/get-conversation.ts'
import { getThread } from './handlers/get-thread.ts'
import { listConversations } from './handlers/list-conversations.ts'
import { addNote, listNotes, removeNote } from './handlers/notes.ts'
import { searchConversations } from './handlers/search-conversations.ts'
import { questionsUse, weeksUse, weekUse } from './handlers/use.ts'
import type { Conversations } from './store/conversations.ts'
import type { Erasures } from './store/erasures.ts'
import type { Flags } from './store/flags.ts'
import type { Notes } from './store/notes.ts'
import type { Pseudonyms } from './store/pseudonyms.ts'
import type { FindThread } from './store/threads.ts'
import type { Use } from './store/use.ts'

/** What the handlers share. */
export interface Parts {
  conversations: Conversations
  flags: Flags
  notes: Notes
  pseudonymsOf: Pseudonyms
  findThread: FindThread
  erasures: Erasures
  use: Use
}

/** What the console asks. */
export function answerConsole(responder: Responder, parts: Parts): void {
  const { conversations, flags, notes, pseudonymsOf, findThread, erasures, use } = parts
  responder.on(conversation.ListConversationsCall, listConversations(conversations))
  responder.on(conversation.SearchConversationsCall, searchConversations(conversations))
  responder.on(conversation.GetConversationCall, getConversation(conversations))
  responder.on(conversation.GetConversationCourseCall, getConversationCourse(conversations))
  responder.on(conversation.FlagConversationCall, flagConversation(flags))
  responder.on(conversation.AddNoteCall, addNote(notes))
  responder.on(conversation.ListNotesCall, listNotes(notes))
  responder.on(conversation.RemoveNoteCall, removeNote(notes))
  responder.on(conversation.GetThreadCall, getThread(findThread))
  responder.on(conversation.ExportConversationsCall, exportConversations(conversations))
  responder.on(conversation.PseudonymsCall, pseudonyms(pseudonymsOf))
  responder.on(conversation.EraseStudentCall, eraseStudent(erasures))
  responder.on(conversation.ListErasuresCall, listErasures(erasures))
  responder.on(WeekUseCall, weekUse(use))
  responder.on(WeeksUseCall, weeksUse(use))
  responder.on(QuestionsUseCall, questionsUse(use))
}
