import type { RequestOf } from '@lectern/shared/contracts/call.ts'
import type {
  AddNoteCall,
  ListNotesCall,
  Note,
  RemoveNoteCall,
} from '@lectern/shared/contracts/conversations.ts'
import { LecternError } from '@lectern/shared/errors.ts'
import { cursorReader, type Page, toCursor, toPage } from '@lectern/shared/page.ts'
import { Type } from 'typebox'
import type { Note as Row } from '../../generated/client.ts'
import { storableText } from '../storable.ts'
import type { Database } from './database.ts'

/** What staff write about a conversation. */
export interface Notes {
  /** Throws `not_found` where there is no such conversation. The same id again is the same note. */
  add(note: RequestOf<typeof AddNoteCall>): Promise<Note>
  /** Oldest first. */
  list(asked: RequestOf<typeof ListNotesCall>): Promise<Page<Note>>
  /** Throws `not_found` where there is no such note of that author. */
  remove(asked: RequestOf<typeof RemoveNoteCall>): Promise<Note>
}

const readCursor = cursorReader(Type.Tuple([Type.Integer({ minimum: 0 }), Type.String({ maxLength: 64 })]))

/** The notes in Postgres. */
export function createNotes(db: Database): Notes {
  const find = (id: string) => db.note.findUnique({ where: { id: storableText(id) } })
  return {
    async add({ noteId, id, text, actor }) {
      await db.$executeRaw`
        INSERT INTO logs.notes (id, record_id, student_id, author, text)
        SELECT ${storableText(noteId)}, id, student_id, ${storableText(actor)}, ${storableText(text)}
          FROM logs.records WHERE id = ${storableText(id)} LIMIT 1
            ON CONFLICT (id) DO NOTHING`
      const note = await find(noteId)
      if (note?.recordId !== id) throw notFound('There is no such conversation.')
      return toNote(note)
    },
    async list({ id, limit, cursor }) {
      const rows = await db.note.findMany({
        where: { recordId: storableText(id), ...(cursor === undefined ? {} : after(cursor)) },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        take: limit + 1,
      })
      return toPage(rows.map(toNote), limit, note => toCursor([Date.parse(note.createdAt), note.id]))
    },
    async remove({ id, noteId, actor }) {
      const note = await find(noteId)
      const key = { id: storableText(noteId), recordId: storableText(id), author: storableText(actor) }
      const { count } = await db.note.deleteMany({ where: key })
      if (!note || count === 0) throw notFound('There is no such note of yours.')
      return toNote(note)
    },
  }
}

const notFound = (message: string) => new LecternError('not_found', { message })

function toNote({ id, recordId, author, text, createdAt }: Row): Note {
  return { id, conversationId: recordId, author, text, createdAt: createdAt.toISOString() }
}

function after(cursor: string) {
  const [createdAtMs, id] = readCursor(cursor)
  const createdAt = new Date(createdAtMs)
  return { OR: [{ createdAt: { gt: createdAt } }, { createdAt, id: { gt: storableText(id) } }] }
}
