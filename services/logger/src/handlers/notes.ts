import type { AddNoteCall, ListNotesCall, RemoveNoteCall } from '@lectern/shared/contracts/conversations.ts'
import type { Handler } from '@lectern/shared/nats/responder.ts'
import type { Notes } from '../store/notes.ts'

/** `conversations.notes.add`: writes a note about a conversation. */
export function addNote(notes: Notes): Handler<typeof AddNoteCall> {
  return note => notes.add(note)
}

/** `conversations.notes.list`: the notes of a conversation, oldest first. */
export function listNotes(notes: Notes): Handler<typeof ListNotesCall> {
  return asked => notes.list(asked)
}

/** `conversations.notes.remove`: removes a note of the asker's own. */
export function removeNote(notes: Notes): Handler<typeof RemoveNoteCall> {
  return asked => notes.remove(asked)
}
